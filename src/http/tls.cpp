#include "http/tls.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "http/waiter.h"

namespace aigw::http {
namespace {

bool is_address(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// Why the handshake failed, in OpenSSL's words.
std::string failure_of(SSL* ssl) {
  const long verdict = ::SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return ::X509_verify_cert_error_string(verdict);
  const unsigned long code = ::ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  return reason != nullptr ? reason : "the connection broke off";
}

}  // namespace

TlsSession::~TlsSession() {
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_);  // says goodbye, does not wait for an answer
  ::SSL_free(ssl_);
}

ssize_t TlsSession::receive(char* data, std::size_t size) {
  ::ERR_clear_error();
  return outcome(::SSL_read(ssl_, data, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

ssize_t TlsSession::send(std::string_view bytes) {
  if (bytes.empty()) return 0;
  ::ERR_clear_error();
  return outcome(::SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX))));
}

ssize_t TlsSession::outcome(int result) {
  if (result > 0) return result;
  switch (::SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: wants_ = POLLIN; break;
    case SSL_ERROR_WANT_WRITE: wants_ = POLLOUT; break;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default:
      // Also an end of the connection without close_notify: what came may have been cut by anybody on the way.
      errno = ECONNRESET;
      return -1;
  }
  errno = EAGAIN;
  return -1;
}

ssl_ctx_st* TlsContext::context() const {
  std::call_once(made_, [this] {
    context_ = ::SSL_CTX_new(::TLS_client_method());
    if (context_ == nullptr) return;
    ::SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    ::SSL_CTX_set_default_verify_paths(context_);
    ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    // A write is repeated with what is left, which may stand elsewhere by then; idle sessions give their buffers back.
    ::SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
  });
  return context_;
}

TlsContext::~TlsContext() { ::SSL_CTX_free(context_); }

Result<std::unique_ptr<TlsSession>> TlsContext::connect(int fd, const std::string& host, SteadyTime limit,
                                                        Waiter& waiter) const {
  ::ERR_clear_error();
  SSL* const ssl = context() == nullptr ? nullptr : ::SSL_new(context());
  if (ssl == nullptr || ::SSL_set_fd(ssl, fd) != 1) {
    ::SSL_free(ssl);
    return Error{ErrorKind::TlsFailed, "OpenSSL can't be set up"};
  }
  std::unique_ptr<TlsSession> session(new TlsSession(ssl));
  if (is_address(host)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), host.c_str());
  } else {
    ::SSL_set1_host(ssl, host.c_str());
    // What the macro SSL_set_tlsext_host_name stands for, without its old-style cast.
    ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  }
  for (;;) {
    ::ERR_clear_error();
    const int result = ::SSL_connect(ssl);
    if (result == 1) return session;
    if (session->outcome(result) >= 0 || errno != EAGAIN) {
      return Error{ErrorKind::TlsFailed, "no TLS connection to " + host + ": " + failure_of(ssl)};
    }
    switch (waiter.wait(fd, session->wants(), limit)) {
      case Waiter::Outcome::TimedOut:
        return Error{ErrorKind::TimedOut, "no TLS connection to " + host + " in time"};
      case Waiter::Outcome::ClientGone: return Error{ErrorKind::ClientGone, "the client hung up"};
      case Waiter::Outcome::Ready: break;
    }
  }
}

}  // namespace aigw::http
