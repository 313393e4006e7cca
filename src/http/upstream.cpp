#include "http/upstream.h"

#include <algorithm>
#include <map>

#include "base/guarded.h"
#include "http/body.h"
#include "http/tls.h"
#include "http/upstream_connection.h"
#include "http/waiter.h"

namespace aigw::http {
namespace {

constexpr std::size_t kKeptPerServer = 256;
constexpr Millis kKeptMax{50'000};  // below the minute after which common servers close idle connections
constexpr Millis kTrustedWithoutLook{1'000};

std::string head_of(const UpstreamRequest& request) {
  std::string head = request.method + " " + request.path + " HTTP/1.1\r\nHost: " + request.url->authority() + "\r\n";
  for (const auto& [name, value] : request.headers) head.append(name).append(": ").append(value).append("\r\n");
  std::size_t size = 0;
  for (const std::string_view piece : request.body) size += piece.size();
  if (size > 0) head += "Content-Length: " + std::to_string(size) + "\r\n";
  return head + "\r\n";
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
        const auto alive =
            std::find_if(list.begin(), list.end(), [&](const Kept& k) { return now - k.since < kKeptMax; });
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
      if (idle < kTrustedWithoutLook || (idle < kKeptMax && kept.connection->is_quiet()))
        return std::move(kept.connection);
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
    connection.write(head_of(request));
    for (const std::string_view piece : request.body) connection.write(piece);
    const Result<AnswerHead> head = connection.receive_head();
    if (!head) return {head.error()};

    bool stopped = !receiver.on_head(head->status, head->headers);
    const ByteSink sink = [&](std::string_view bytes) {
      stopped = !receiver.on_data(bytes);
      return !stopped;
    };
    const ByteSource wire = [&](char* data, std::size_t size) { return connection.read(data, size); };
    const bool whole = !stopped && (!head->has_body() || receive_body(head->framing, head->headers.get("Content-Encoding"), wire, sink));
    if (stopped) return {Error{ErrorKind::Unavailable, "the receiver ended the call"}};
    if (!whole) return {connection.failure()};
    const bool ends_itself = !head->has_body() || head->framing.chunked || head->framing.content_length;
    return {Done{}, head->keep_alive && ends_itself && connection.is_drained()};
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
