#include "http/server.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

#include "base/guarded.h"
#include "base/text.h"
#include "http/connection.h"
#include "http/httplib_compat.h"
#include "http/request_head.h"
#include "http/worker_pool.h"

namespace aigw::http {
namespace {

constexpr int kBacklog = 4096;
constexpr Millis kAcceptPause{5};  // when descriptors have run out

// cpp-httplib tries its routes one after another with a regular expression. Ours has one for each method, and every
// request is given this path; the real one is kept beside it.
constexpr char kOnlyRoute[] = "/";

Headers copy_fields(const httplib::Headers& fields) {
  Headers result;
  result.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    // httplib adds the addresses as if they were header fields of the client's.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT") continue;
    result.add(name, value);
  }
  return result;
}

// The request that a worker is parsing, for the callbacks of httplib, which carry nothing of ours.
struct InParsing {
  Connection& connection;
  RequestHead head;
  Request request;
  ClientStream client;
  bool keep_alive = false;         // what client and server want, if the body is read
  bool expects_continue = false;   // the client sends its body when it is told that somebody wants it
  bool body_read = false;
  bool handler_failed = false;
};
thread_local InParsing* in_parsing = nullptr;

// Between httplib and a client's connection. What httplib writes is swallowed: the handler answers on its own, and what
// httplib itself refuses is answered in the application's form.
class ServerStream : public ParserStream {
 public:
  ServerStream(InParsing& current, Millis silence_max) : current_(current), silence_max_(silence_max) {}

  ssize_t read(char* data, std::size_t size) override { return current_.connection.read(data, size, silence_max_); }
  ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }

 private:
  InParsing& current_;
  Millis silence_max_;
};

Status receive_body(InParsing& current, const httplib::ContentReader& reader, std::size_t bytes_max) {
  std::string& body = current.request.body;
  if (current.head.content_length > bytes_max) return Error{ErrorKind::TooLarge, "the body is too large"};
  current.body_read = true;
  if (current.expects_continue) current.connection.write("HTTP/1.1 100 Continue\r\n\r\n");  // leaves with the first wait
  body.reserve(current.head.content_length);
  bool too_large = false;
  const bool whole = reader([&](const char* data, std::size_t size) {
    too_large = body.size() + size > bytes_max;
    if (!too_large) body.append(data, size);
    return !too_large;
  });
  if (!current.client.started()) current.client.set_keep_alive(whole && current.keep_alive);
  if (whole) return Done{};
  if (too_large) return Error{ErrorKind::TooLarge, "the body is too large"};
  if (current.connection.read_timed_out()) return Error{ErrorKind::TimedOut, "the body did not arrive in time"};
  return Error{ErrorKind::BadRequest, "the body is shorter than announced, or its chunks are malformed"};
}

// httplib's server with our connection loop in the place of its own.
class Parser : public httplib::Server {
 public:
  using Accept = std::function<void(int fd)>;

  Parser(Accept accept, Millis body_silence, const aigw::http::Server::Handler& handler)
      : accept_(std::move(accept)), body_silence_(body_silence), handler_(handler) {
    new_task_queue = [] { return new InlineTasks; };
    // httplib's default is SO_REUSEPORT, with which a second gateway would silently share the port.
    set_socket_options([](socket_t fd) {
      const int on = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    const auto without_body = [this](const httplib::Request&, httplib::Response&) { handle(nullptr); };
    const auto with_body = [this](const httplib::Request&, httplib::Response&, const httplib::ContentReader& reader) {
      handle(&reader);
    };
    Get(kOnlyRoute, without_body);
    Options(kOnlyRoute, without_body);
    Post(kOnlyRoute, with_body);
    Put(kOnlyRoute, with_body);
    Patch(kOnlyRoute, with_body);
    Delete(kOnlyRoute, with_body);
  }

  void widen_backlog() const { ::listen(svr_sock_, kBacklog); }

  // Parses the request whose head is complete, and has it handled.
  void parse(InParsing& current) {
    in_parsing = &current;
    ServerStream stream(current, body_silence_);
    bool closed = false;
    const auto process = [this](auto&&... arguments) { return process_request(arguments...); };
    try {
      call_process_request(process, stream, closed, [&](httplib::Request& request) { take_over(request, current); });
    } catch (...) {
      // Of httplib's own: the request counts as malformed.
    }
    in_parsing = nullptr;
  }

 private:
  bool process_and_close_socket(socket_t fd) override {
    accept_(fd);
    return true;
  }

  static void take_over(httplib::Request& request, InParsing& current) {
    Request& ours = current.request;
    ours.method = request.method;
    ours.path = std::move(request.path);
    const std::size_t query = request.target.find('?');
    if (query != std::string::npos) ours.query = request.target.substr(query + 1);
    ours.headers = copy_fields(request.headers);
    ours.client_address = current.connection.client_address();
    current.expects_continue = !current.head.http10 && iequals(ours.headers.get("Expect"), "100-continue");
    request.path = kOnlyRoute;
    request.headers.erase("Expect");
    // httplib would take a form apart (it could not be forwarded then) and refuse large urlencoded bodies.
    request.headers.erase("Content-Type");
  }

  void handle(const httplib::ContentReader* reader) const {
    InParsing& current = *in_parsing;
    current.request.read_body = [&current, reader](std::size_t bytes_max) -> Status {
      if (reader == nullptr || !current.head.has_body()) return Done{};
      return receive_body(current, *reader, bytes_max);
    };
    try {
      handler_(current.request, current.client);
    } catch (...) {
      // httplib would tell the client what was thrown.
      current.handler_failed = true;
    }
    current.request.read_body = nullptr;
  }

  Accept accept_;
  Millis body_silence_;
  const aigw::http::Server::Handler& handler_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler, ErrorBody error_body)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        error_body_(std::move(error_body)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        parser_([this](int fd) { accepted(fd); }, options_.body_silence, handler_),
        workers_(epoll_.get(), options_.workers_max, [this](void* connection) {
          if (connection != nullptr) serve(static_cast<Connection*>(connection));
        }) {}

  Result<int> listen() {
    errno = 0;
    int port = options_.port;
    const bool bound = port == 0 ? (port = parser_.bind_to_any_port(options_.host)) > 0
                                 : parser_.bind_to_port(options_.host, port);
    if (!bound) {
      const std::string where = options_.host + ":" + std::to_string(options_.port);
      const std::string why = errno == EADDRINUSE ? "another program listens there; stop it or choose another --port"
                              : errno != 0        ? std::strerror(errno)
                                                  : "the address can't be resolved";
      return Error{ErrorKind::Io, "can't listen on " + where + ": " + why};
    }
    parser_.widen_backlog();
    return port;
  }

  void start() {
    workers_.start();
    accepting_ = std::thread([this] { parser_.listen_after_bind(); });
    // stop() of httplib does nothing before its loop runs.
    while (!parser_.is_running()) std::this_thread::yield();
  }

  void close_after_replies() { closing_ = true; }

  bool stop(SteadyTime deadline) {
    if (!accepting_.joinable()) return true;
    closing_ = true;
    parser_.stop();
    accepting_.join();
    // What waits for a request has none to lose.
    connections_.with([](Connections& all) {
      for (const auto& [key, connection] : all) connection->expire(SteadyTime::max());
    });
    const bool in_time = workers_.wait_until_idle(deadline);
    // Requests that still run find their client gone.
    connections_.with([](Connections& all) {
      for (const auto& [key, connection] : all) ::shutdown(connection->fd(), SHUT_RDWR);
    });
    epoll_event event{};
    event.events = EPOLLIN;  // level-triggered and never read: it wakes every worker
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_event_.get(), &event);
    const std::uint64_t one = 1;
    if (::write(stop_event_.get(), &one, sizeof one) < 0) return in_time;
    workers_.stop();
    return in_time;
  }

  void tick(SteadyTime now) {
    connections_.with([&](Connections& all) {
      for (const auto& [key, connection] : all) connection->expire(now);
    });
    workers_.reap();
  }

  Load load() const {
    return {connections_.with([](const Connections& all) { return all.size(); }), workers_.workers(),
            workers_.serving()};
  }

 private:
  using Connections = std::unordered_map<Connection*, std::unique_ptr<Connection>>;

  // On the accepting thread.
  void accepted(int raw_fd) {
    Fd fd(raw_fd);
    prepare_socket(fd.get());
    const SteadyTime now = steady_now();
    auto owned = std::make_unique<Connection>(std::move(fd), now);
    Connection* const connection = owned.get();
    const bool admitted = connections_.with([&](Connections& all) {
      if (all.size() >= options_.connections_max) return false;
      all.emplace(connection, std::move(owned));
      return true;
    });
    if (!admitted) {
      // Without waiting for the client to close: those behind it must not wait for it. What it sent already is taken
      // off the socket, since a close would turn it into a reset that overtakes the reply.
      reply_error(*owned, 503, "The gateway has too many connections.");
      owned->fill();
      return;
    }
    // A new connection has no more time for its first request than any other request has for its head.
    connection->park(now, options_.head_timeout, options_.head_timeout);
    watch(EPOLL_CTL_ADD, *connection);
  }

  void watch(int operation, Connection& connection) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_.get(), operation, connection.fd(), &event);
  }

  // On a worker. Serves the requests that have arrived, and parks or destroys the connection.
  void serve(Connection* connection) {
    if (!connection->take() || connection->fill() == Connection::Fill::Closed) return destroy(connection);
    for (;;) {
      while (!connection->received().empty() && connection->received().substr(0, 2) == "\r\n") connection->consume(2);
      const std::string_view received = connection->received();
      const std::size_t head_bytes = find_head_end(received, 0);
      if (head_bytes == std::string_view::npos) {
        if (received.size() > kHeadBytesMax) {
          const bool in_first_line = received.find('\n') == std::string_view::npos;
          if (in_first_line) refuse(*connection, 414, "The request target is too long.");
          else refuse(*connection, 431, "The request head is too large.");
          return destroy(connection);
        }
        connection->park(steady_now(), options_.idle_timeout, options_.head_timeout);
        return watch(EPOLL_CTL_MOD, *connection);
      }
      connection->head_complete();
      if (!serve_request(*connection, head_bytes)) return destroy(connection);
    }
  }

  // Whether the connection may serve another request.
  bool serve_request(Connection& connection, std::size_t head_bytes) {
    const std::string_view head_text = connection.received().substr(0, head_bytes);
    const RequestHead head = check_request_head(head_text);
    if (head.refusal != 0) {
      refuse(connection, head.refusal, head.reason);
      return false;
    }
    const bool head_only = starts_with_head(head_text);
    if (const auto changed = protect_percent(head_text)) connection.replace_front(head_bytes, *changed);
    InParsing current{connection, head, {}, ClientStream(connection, {false, head.http10, head_only})};
    current.keep_alive = head.keep_alive && !closing_;
    current.client.set_keep_alive(current.keep_alive && !head.has_body());
    parser_.parse(current);
    if (!current.client.started()) {
      current.client.set_keep_alive(false);
      current.client.reply(current.handler_failed ? error(500, "The gateway failed to answer.")
                                                  : error(400, "The request is malformed."));
    }
    if (current.handler_failed || !current.client.finished()) current.client.cut();
    if (connection.broken()) return false;
    const bool body_left = head.has_body() && !current.body_read;
    if (body_left || !current.client.keep_alive()) {
      if (body_left) connection.linger();
      return false;
    }
    return true;
  }

  static bool starts_with_head(std::string_view head) { return head.substr(0, 5) == "HEAD "; }

  Reply error(int status, std::string_view message) const {
    return {status, {{"Content-Type", "application/json"}}, error_body_(status, message)};
  }

  void reply_error(Connection& connection, int status, std::string_view message) const {
    ClientStream client(connection, {false, false, false});
    client.reply(error(status, message));
  }

  void refuse(Connection& connection, int status, std::string_view message) const {
    reply_error(connection, status, message);
    connection.linger();
  }

  void destroy(Connection* connection) {
    // Destroyed outside the lock: closing a socket may take a while.
    const auto owned = connections_.with([&](Connections& all) { return all.extract(connection); });
  }

  const ServerOptions options_;
  const Handler handler_;
  const ErrorBody error_body_;
  Fd epoll_;
  Fd stop_event_;
  std::atomic<bool> closing_{false};
  Guarded<Connections> connections_;
  Parser parser_;
  std::thread accepting_;
  WorkerPool workers_;
};

Server::Server(ServerOptions options, Handler handler, ErrorBody error_body)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), std::move(error_body))) {}
Server::~Server() { impl_->stop(steady_now()); }
Result<int> Server::listen() { return impl_->listen(); }
void Server::start() { impl_->start(); }
void Server::close_after_replies() { impl_->close_after_replies(); }
bool Server::stop(SteadyTime deadline) { return impl_->stop(deadline); }
void Server::tick(SteadyTime now) { impl_->tick(now); }
Server::Load Server::load() const { return impl_->load(); }

}  // namespace aigw::http
