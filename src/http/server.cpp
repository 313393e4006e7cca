#include "http/server.h"

#include <algorithm>
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
#include "http/body.h"
#include "http/connection.h"
#include "http/httplib_compat.h"
#include "http/request_head.h"
#include "http/worker_pool.h"

namespace aigw::http {
namespace {

constexpr int kBacklog = 4096;

// A request while it is served: what its body is to be read from.
struct Incoming {
  Connection& connection;
  const RequestHead& head;
  ClientStream& client;
  const Millis silence_max;
  const bool keeps_open;        // whether the connection may serve another request once this one was read
  bool body_left;

  std::string_view field(std::string_view name) const { return head.headers.get(name); }
};

Error body_failure(const Incoming& incoming) {
  if (incoming.connection.read_timed_out()) return {ErrorKind::TimedOut, "The request body did not arrive in time."};
  return {ErrorKind::BadRequest, "The request body is shorter than announced, or its coding is malformed."};
}

// Received straight into its place; memory is taken as bytes arrive, not as they are announced.
bool receive_plain(Incoming& incoming, std::string& body) {
  constexpr std::size_t kStep = 256 * 1024;
  const std::size_t length = incoming.head.content_length;
  body.reserve(std::min(length, 4 * kStep));
  while (body.size() < length) {
    const std::size_t size = body.size();
    body.resize(std::min(length, size + kStep));
    for (std::size_t at = size; at < body.size();) {
      const ssize_t count = incoming.connection.read(body.data() + at, body.size() - at, incoming.silence_max);
      if (count <= 0) return false;
      at += static_cast<std::size_t>(count);
    }
  }
  return true;
}

Status receive_coded(Incoming& incoming, std::size_t bytes_max, std::string& body) {
  const RequestHead& head = incoming.head;
  const std::string_view coding = incoming.field("Content-Encoding");
  if (head.compressed && !is_known_coding(coding)) {
    return Error{ErrorKind::BadRequest, "The Content-Encoding of the request is not understood: gzip, deflate or br."};
  }
  Framing framing;
  framing.chunked = head.chunked;
  framing.compressed = head.compressed;
  if (!head.chunked) framing.content_length = head.content_length;
  bool too_large = false;
  const bool whole = http::receive_body(
      framing, coding,
      [&](char* data, std::size_t size) { return incoming.connection.read(data, size, incoming.silence_max); },
      [&](std::string_view bytes) {
        too_large = body.size() + bytes.size() > bytes_max;
        if (!too_large) body += bytes;
        return !too_large;
      });
  if (whole) return Done{};
  return too_large ? Error{ErrorKind::TooLarge, "The request body is too large."} : body_failure(incoming);
}

Status read_body(Incoming& incoming, std::size_t bytes_max, std::string& body) {
  const RequestHead& head = incoming.head;
  if (!head.has_body()) return Done{};
  if (head.content_length > bytes_max) return Error{ErrorKind::TooLarge, "The request body is too large."};
  if (iequals(incoming.field("Expect"), "100-continue")) incoming.connection.write("HTTP/1.1 100 Continue\r\n\r\n");
  const bool coded = head.chunked || head.compressed;
  Status status = coded ? receive_coded(incoming, bytes_max, body)
                        : receive_plain(incoming, body) ? Status(Done{}) : Status(body_failure(incoming));
  if (!status) return status;
  incoming.body_left = false;
  if (incoming.keeps_open && !incoming.client.started()) incoming.client.set_keep_alive(true);
  return status;
}

// Only listens and accepts: what is accepted goes to the connection loop below instead of httplib's own.
class Listener : public httplib::Server {
 public:
  explicit Listener(std::function<void(int fd)> accept) : accept_(std::move(accept)) {
    new_task_queue = [] { return new InlineTasks; };
    // httplib's default is SO_REUSEPORT, with which a second gateway would silently share the port.
    set_socket_options([](socket_t fd) {
      const int on = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
  }

  // httplib listens with a backlog of 5: a burst of connections would lose some and wait a second for them.
  void widen_backlog() const { ::listen(svr_sock_, kBacklog); }

 private:
  bool process_and_close_socket(socket_t fd) override {
    accept_(fd);
    return true;
  }

  std::function<void(int fd)> accept_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler, ErrorReply error_reply)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        error_reply_(std::move(error_reply)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        listener_([this](int fd) { accept_safely(fd); }),
        workers_(epoll_.get(), options_.workers_max, options_.worker_idle, [this](void* connection) {
          if (connection != nullptr) serve_safely(static_cast<Connection*>(connection));
        }) {}

  Result<int> listen() {
    errno = 0;
    int port = options_.port;
    const bool bound = port == 0 ? (port = listener_.bind_to_any_port(options_.host)) > 0
                                 : listener_.bind_to_port(options_.host, port);
    if (!bound) {
      const std::string where = options_.host + ":" + std::to_string(options_.port);
      const std::string why = errno == EADDRINUSE ? "another program listens there; stop it or choose another --port"
                              : errno != 0        ? std::strerror(errno)
                                                  : "the address can't be resolved";
      return Error{ErrorKind::Io, "can't listen on " + where + ": " + why};
    }
    listener_.widen_backlog();
    return port;
  }

  void start() {
    workers_.start();
    accepting_ = std::thread([this] { listener_.listen_after_bind(); });
    // stop() of httplib does nothing before its loop runs.
    while (!listener_.is_running()) std::this_thread::yield();
  }

  void close_after_replies() { closing_ = true; }

  bool stop(SteadyTime deadline) {
    if (!accepting_.joinable()) return true;
    closing_ = true;
    listener_.stop();
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

  // The net of the accepting thread.
  void accept_safely(int fd) {
    try {
      accepted(fd);
    } catch (...) {
      // The connection is closed; the next one may find memory again.
    }
  }

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
    park(EPOLL_CTL_ADD, connection, now, options_.head_timeout);
  }

  // Whose turn it is next with a parked connection is epoll's to say: from park() on it is not looked at here.
  void park(int operation, Connection* connection, SteadyTime now, Millis idle_timeout) {
    const int fd = connection->fd();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.ptr = connection;
    connection->park(now, idle_timeout, options_.head_timeout);
    ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  // The net of a worker: what is thrown (memory has run out) ends the connection, not the process.
  void serve_safely(Connection* connection) {
    try {
      serve(connection);
    } catch (...) {
      destroy(connection);
    }
  }

  // On a worker. Serves the requests that have arrived, and parks or destroys the connection.
  void serve(Connection* connection) {
    if (!connection->take() || connection->fill() == Connection::Fill::Closed) return destroy(connection);
    for (;;) {
      while (!connection->received().empty() && connection->received().substr(0, 2) == "\r\n") connection->consume(2);
      const std::string_view received = connection->received();
      if (!received.empty() && !is_token(received.substr(0, 1))) {
        refuse(*connection, 400, "This is no HTTP request. The gateway speaks HTTP here, not HTTPS.");
        return destroy(connection);
      }
      const std::size_t head_bytes = find_head_end(received, 0);
      if (head_bytes == std::string_view::npos) {
        if (received.size() > kHeadBytesMax) {
          const bool in_first_line = received.find('\n') == std::string_view::npos;
          if (in_first_line) refuse(*connection, 414, "The request target is too long.");
          else refuse(*connection, 431, "The request head is too large.");
          return destroy(connection);
        }
        return park(EPOLL_CTL_MOD, connection, steady_now(), options_.idle_timeout);
      }
      connection->head_complete();
      if (!serve_request(*connection, head_bytes)) return destroy(connection);
    }
  }

  // Whether the connection may serve another request.
  bool serve_request(Connection& connection, std::size_t head_bytes) {
    const RequestHead head = check_request_head(connection.received().substr(0, head_bytes));
    if (head.refusal != 0) {
      refuse(connection, head.refusal, head.reason);
      return false;
    }
    connection.consume(head_bytes);
    const bool keeps_open = head.keep_alive && !closing_;
    // A reply that is sent before the body was read ends the connection: what follows would be the body.
    ClientStream client(connection, {keeps_open && !head.has_body(), head.http10, head.method == "HEAD"});
    Incoming incoming{connection, head, client, options_.body_silence, keeps_open, head.has_body()};
    call_handler(incoming);
    if (connection.broken()) return false;
    if (incoming.body_left) connection.linger();
    return client.keep_alive();
  }

  void call_handler(Incoming& incoming) const {
    ClientStream& client = incoming.client;
    Request request = request_of(incoming);
    request.read_body = [&](std::size_t bytes_max) { return read_body(incoming, bytes_max, request.body); };
    try {
      handler_(request, client);
    } catch (...) {
      // A handler must not throw; if one does, its client is the only one who notices.
      if (!client.started()) client.reply(error_reply_(500, "The gateway failed to answer."));
    }
    if (!client.started()) client.reply(error_reply_(500, "The gateway gave no answer."));
    if (!client.finished()) client.cut();
  }

  static Request request_of(Incoming& incoming) {
    const RequestHead& head = incoming.head;
    const std::size_t query = std::min(head.target.find('?'), head.target.size());
    Request request;
    request.method = head.method;
    request.path = percent_decoded(std::string_view(head.target).substr(0, query));
    request.query = head.target.substr(std::min(query + 1, head.target.size()));
    request.headers = head.headers;
    request.client_address = incoming.connection.client_address();
    return request;
  }

  void reply_error(Connection& connection, int status, std::string_view message) const {
    ClientStream client(connection, {false, false, false});
    client.reply(error_reply_(status, message));
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
  const ErrorReply error_reply_;
  Fd epoll_;
  Fd stop_event_;
  std::atomic<bool> closing_{false};
  Guarded<Connections> connections_;
  Listener listener_;
  std::thread accepting_;
  WorkerPool workers_;
};

Server::Server(ServerOptions options, Handler handler, ErrorReply error_reply)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), std::move(error_reply))) {}
Server::~Server() { impl_->stop(steady_now()); }
Result<int> Server::listen() { return impl_->listen(); }
void Server::start() { impl_->start(); }
void Server::close_after_replies() { impl_->close_after_replies(); }
bool Server::stop(SteadyTime deadline) { return impl_->stop(deadline); }
void Server::tick(SteadyTime now) { impl_->tick(now); }
Server::Load Server::load() const { return impl_->load(); }

}  // namespace aigw::http
