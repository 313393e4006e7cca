// TLS towards providers: one context with the system's trusted certificates for the whole process.
//
// Set SSL_CERT_FILE or SSL_CERT_DIR in the environment to trust others (OpenSSL reads them itself).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace aigw::http {

class Waiter;

// A connection's TLS session. Belongs to one thread at a time.
class TlsSession {
 public:
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // As http::receive and send: -1 with errno, where EAGAIN says that the socket is not ready for `wants()`.
  ssize_t receive(char* data, std::size_t size);
  ssize_t send(std::string_view bytes);
  // POLLIN or POLLOUT: what the last call that returned EAGAIN waits for.
  short wants() const { return wants_; }

 private:
  friend class TlsContext;
  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  ssize_t outcome(int result);

  ssl_st* ssl_;
  short wants_ = 0;
};

// The certificates are read with the first connection: they take 70 ms and 4 MB, and not everybody has a provider with
// https.
class TlsContext {
 public:
  TlsContext() = default;
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Shakes hands over the connected, non-blocking `fd` (it outlives the session) and verifies that the certificate is
  // trusted and made out for `host`. From any thread. Errors: TlsFailed (with OpenSSL's reason), TimedOut, ClientGone.
  Result<std::unique_ptr<TlsSession>> connect(int fd, const std::string& host, SteadyTime limit, Waiter& waiter) const;

 private:
  ssl_ctx_st* context() const;

  mutable std::once_flag made_;
  mutable ssl_ctx_st* context_ = nullptr;
};

}  // namespace aigw::http
