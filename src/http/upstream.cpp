#include "http/upstream.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/guarded.h"
#include "base/text.h"
#include "http/httplib_compat.h"
#include "http/tls.h"
#include "http/upstream_connection.h"
#include "http/waiter.h"

namespace aigw::http {
namespace {

constexpr std::size_t kKeptPerServer = 256;
constexpr Millis kKeptMax{50'000};        // below the minute after which common servers close idle connections
constexpr Millis kTrustedWithoutLook{1'000};

class UpstreamStream : public ParserStream {
 public:
  explicit UpstreamStream(UpstreamConnection& connection) : connection_(connection) {}
  ssize_t read(char* data, std::size_t size) override { return connection_.read(data, size); }
  ssize_t write(const char* data, std::size_t size) override {
    connection_.write({data, size});
    return static_cast<ssize_t>(size);
  }

 private:
  UpstreamConnection& connection_;
};

// httplib's client without its sockets: writes a request to a stream and parses the answer from it.
class Codec : public httplib::ClientImpl {
 public:
  Codec() : ClientImpl("localhost") {
    set_url_encode(false);
    set_follow_location(false);
  }
  bool exchange(httplib::Stream& stream, httplib::Request& request, httplib::Response& response) {
    httplib::Error error = httplib::Error::Success;
    return process_request(stream, request, response, false, error);
  }
};

Headers copy_fields(const httplib::Headers& fields) {
  Headers result;
  result.reserve(fields.size());
  for (const auto& [name, value] : fields) result.add(name, value);
  return result;
}

httplib::Request to_httplib(const UpstreamRequest& request) {
  httplib::Request result;
  result.method = request.method;
  result.path = request.path;
  for (const auto& [name, value] : request.headers) result.headers.emplace(name, value);
  result.headers.emplace("Host", request.url->authority());
  std::size_t size = 0;
  for (const std::string_view piece : request.body) size += piece.size();
  if (size == 0) return result;
  result.content_length_ = size;
  // Called until `size` bytes were written: writes all pieces at the first call.
  result.content_provider_ = [&pieces = request.body](std::size_t, std::size_t, httplib::DataSink& sink) {
    return std::all_of(pieces.begin(), pieces.end(),
                       [&](std::string_view piece) { return sink.write(piece.data(), piece.size()); });
  };
  return result;
}

struct Kept {
  std::unique_ptr<UpstreamConnection> connection;
  SteadyTime since;
};

}  // namespace

class HttpUpstream::Impl {
 public:
  Status call(const UpstreamRequest& request, Waiter& waiter, AnswerReceiver& receiver) {
    const std::string server = request.url->text();
    if (auto kept = take_kept(server)) {
      Called called = call_over(*kept, request, waiter, receiver);
      // The provider may have closed the connection while it was idle; that is nobody's failure, and nothing of the
      // answer was lost.
      const bool stale = !called.status && called.status.error().kind == ErrorKind::Broken && !kept->answered();
      if (!stale) return finish(std::move(kept), server, std::move(called));
    }
    Result<std::unique_ptr<UpstreamConnection>> fresh = connect(request, waiter);
    if (!fresh) return fresh.error();
    Called called = call_over(**fresh, request, waiter, receiver);
    return finish(std::move(*fresh), server, std::move(called));
  }

  void tick(SteadyTime now) {
    std::vector<Kept> expired;  // closed outside the lock
    kept_.with([&](Servers& servers) {
      for (auto server = servers.begin(); server != servers.end();) {
        std::vector<Kept>& list = server->second;
        const auto alive = std::find_if(list.begin(), list.end(), [&](const Kept& k) { return now - k.since < kKeptMax; });
        expired.insert(expired.end(), std::make_move_iterator(list.begin()), std::make_move_iterator(alive));
        list.erase(list.begin(), alive);
        server = list.empty() ? servers.erase(server) : std::next(server);
      }
    });
  }

 private:
  struct Called {
    Status status;
    bool reusable = false;  // the connection may serve another call
  };
  using Servers = std::map<std::string, std::vector<Kept>, std::less<>>;  // oldest first in each list

  std::unique_ptr<UpstreamConnection> take_kept(const std::string& server) {
    const SteadyTime now = steady_now();
    for (;;) {
      Kept kept = kept_.with([&](Servers& servers) {
        const auto found = servers.find(server);
        if (found == servers.end() || found->second.empty()) return Kept{};
        Kept last = std::move(found->second.back());
        found->second.pop_back();
        return last;
      });
      if (!kept.connection) return nullptr;
      const Millis idle = millis_of(now - kept.since);
      if (idle < kTrustedWithoutLook || (idle < kKeptMax && kept.connection->is_quiet())) return std::move(kept.connection);
    }
  }

  Result<std::unique_ptr<UpstreamConnection>> connect(const UpstreamRequest& request, Waiter& waiter) {
    const SteadyTime limit = steady_now() + request.connect_timeout;
    Result<Fd> fd = connect_tcp(request.url->host, request.url->port, limit, waiter);
    if (!fd) return fd.error();
    std::unique_ptr<TlsSession> session;
    if (request.url->tls) {
      Result<std::unique_ptr<TlsSession>> tls = tls_.connect(fd->get(), request.url->host, limit, waiter);
      if (!tls) return tls.error();
      session = std::move(*tls);
    }
    return std::make_unique<UpstreamConnection>(std::move(*fd), std::move(session));
  }

  Called call_over(UpstreamConnection& connection, const UpstreamRequest& request, Waiter& waiter,
                   AnswerReceiver& receiver) {
    connection.begin(waiter);
    UpstreamStream stream(connection);
    httplib::Request sent = to_httplib(request);
    httplib::Response answer;
    bool head_given = false;
    bool stopped = false;
    sent.response_handler = [&](const httplib::Response& response) {
      head_given = true;
      stopped = !receiver.on_head(response.status, copy_fields(response.headers));
      return !stopped;
    };
    sent.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      stopped = !receiver.on_data({data, size});
      return !stopped;
    };
    Codec codec;
    const bool whole = codec.exchange(stream, sent, answer);
    if (stopped) return {Error{ErrorKind::Unavailable, "the receiver ended the call"}};
    if (!whole) return {why(connection, head_given)};
    // Answers that have no body by their status (204) skip the callbacks.
    if (!head_given) receiver.on_head(answer.status, copy_fields(answer.headers));
    const bool framed = answer.has_header("Content-Length") || answer.has_header("Transfer-Encoding");
    const bool kept = answer.version == "HTTP/1.1" && !iequals(answer.get_header_value("Connection"), "close");
    return {Done{}, framed && kept && connection.is_drained()};
  }

  static Error why(const UpstreamConnection& connection, bool head_given) {
    const Error& failure = connection.failure();
    if (failure.kind != ErrorKind::Broken || !connection.answered() || head_given) return failure;
    return Error{ErrorKind::Garbled, "the answer's head can't be parsed"};
  }

  Status finish(std::unique_ptr<UpstreamConnection> connection, const std::string& server, Called called) {
    if (called.reusable) {
      connection->release_buffers();
      kept_.with([&](Servers& servers) {
        std::vector<Kept>& list = servers[server];
        if (list.size() < kKeptPerServer) list.push_back({std::move(connection), steady_now()});
      });
    }
    return std::move(called.status);
  }

  TlsContext tls_;
  Guarded<Servers> kept_;
};

HttpUpstream::HttpUpstream() : impl_(std::make_unique<Impl>()) {}
HttpUpstream::~HttpUpstream() = default;
Status HttpUpstream::call(const UpstreamRequest& request, Waiter& waiter, AnswerReceiver& receiver) {
  return impl_->call(request, waiter, receiver);
}
void HttpUpstream::tick(SteadyTime now) { impl_->tick(now); }

}  // namespace aigw::http
