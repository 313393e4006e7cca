#include "http/tls.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <future>
#include <optional>
#include <string>

#include "config/temporary_folder.h"
#include "http/scripted_server.h"
#include "http/tls_peer.h"
#include "http/upstream_call.h"

namespace aigw::http {
namespace {

using Script = ScriptedServer::Script;

// Trusts these certificates instead of the system's, in contexts that are made while this object lives.
class Trusting {
 public:
  explicit Trusting(const Certificate& certificate) {
    if (const char* const before = std::getenv("SSL_CERT_FILE")) before_ = before;
    ::setenv("SSL_CERT_FILE", folder_.write("trusted.pem", certificate.pem()).c_str(), 1);
  }
  ~Trusting() {
    if (before_) {
      ::setenv("SSL_CERT_FILE", before_->c_str(), 1);
    } else {
      ::unsetenv("SSL_CERT_FILE");
    }
  }

 private:
  config::TemporaryFolder folder_;
  std::optional<std::string> before_;
};

// Shakes hands, takes a request and answers.
Script answer(const Certificate& certificate, std::string bytes) {
  return [&certificate, bytes = std::move(bytes)](TestSocket& socket) {
    TlsPeer peer(socket, certificate);
    if (!peer.shake_hands()) return;
    peer.receive_head();
    peer.receive(7);
    peer.send(bytes);
    peer.say_goodbye();
  };
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Url tls_url(const ScriptedServer& server, std::string host) { return {true, std::move(host), server.port(), ""}; }

}  // namespace

TEST_SUITE("http/tls") {

TEST_CASE("a certificate that nobody vouches for is refused") {
  const Certificate certificate("DNS:localhost,IP:127.0.0.1");
  ScriptedServer server({answer(certificate, kOk)});
  const Url url = tls_url(server, "127.0.0.1");
  CHECK(Caller(url).outcome() == "TlsFailed: no TLS connection to 127.0.0.1: self-signed certificate");
}

TEST_CASE("a trusted certificate works for the names it was made for, and for no other") {
  const Certificate certificate("DNS:localhost,IP:127.0.0.1");
  const Certificate other("DNS:other.example,IP:192.0.2.1");
  struct Row {
    std::string name;
    const Certificate& certificate;
    std::string host;
    std::string outcome;
  };
  const Row rows[] = {
      {"name", certificate, "localhost", "200 ok"},
      {"address", certificate, "127.0.0.1", "200 ok"},
      {"another name", other, "localhost", "TlsFailed: no TLS connection to localhost: hostname mismatch"},
      {"another address", other, "127.0.0.1", "TlsFailed: no TLS connection to 127.0.0.1: IP address mismatch"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Trusting trusting(row.certificate);
    ScriptedServer server({answer(row.certificate, kOk)});
    const Url url = tls_url(server, row.host);
    CHECK(Caller(url).outcome() == row.outcome);
  }
}

TEST_CASE("a port that does not speak TLS is an error") {
  ScriptedServer server({[](TestSocket& socket) {
    socket.receive(1);
    socket.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    socket.at_end();
  }});
  const Url url = tls_url(server, "127.0.0.1");
  const std::string want = "TlsFailed: no TLS connection to 127.0.0.1: ";  // and OpenSSL's words, which change
  CHECK(Caller(url).outcome().substr(0, want.size()) == want);
}

TEST_CASE("a provider that hangs up within the handshake is an error") {
  ScriptedServer server({[](TestSocket& socket) { socket.receive(1); }});
  const Url url = tls_url(server, "127.0.0.1");
  Recorder recorder;
  const Status status = Caller(url).call(recorder);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::TlsFailed);
}

TEST_CASE("a handshake obeys the connect timeout and the client") {
  ScriptedServer server({[](TestSocket& socket) { socket.receive_all(); }, [](TestSocket& socket) { socket.receive_all(); }});
  const Url url = tls_url(server, "127.0.0.1");
  Caller caller(url);
  caller.request.connect_timeout = Millis{50};
  CHECK(caller.outcome() == "TimedOut: no TLS connection to 127.0.0.1 in time");
  caller.request.connect_timeout = Millis{60'000};
  caller.client.theirs.close();
  CHECK(caller.outcome() == "ClientGone: the client hung up");
}

TEST_CASE("a connection with TLS is kept, and replaced when the provider closed it") {
  const Certificate certificate("IP:127.0.0.1");
  const Trusting trusting(certificate);
  std::promise<void> closed;
  ScriptedServer server({[&](TestSocket& socket) {
                           TlsPeer peer(socket, certificate);
                           if (!peer.shake_hands()) return;
                           for (int i = 0; i < 2; ++i) {
                             peer.receive_head();
                             peer.receive(7);
                             peer.send(kOk);
                           }
                           peer.say_goodbye();
                           socket.close();
                           closed.set_value();
                         },
                         answer(certificate, kOk)});
  const Url url = tls_url(server, "127.0.0.1");
  Caller caller(url);
  CHECK(caller.outcome() == "200 ok");
  CHECK(caller.outcome() == "200 ok");
  CHECK(server.connections() == 1);
  closed.get_future().wait();
  CHECK(caller.outcome() == "200 ok");
  CHECK(server.connections() == 2);
}

TEST_CASE("large bodies pass both ways") {
  const Certificate certificate("IP:127.0.0.1");
  const Trusting trusting(certificate);
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) large += std::to_string(i) + ' ';
  ScriptedServer server({[&](TestSocket& socket) {
    TlsPeer peer(socket, certificate);
    if (!peer.shake_hands()) return;
    peer.receive_head();
    const std::string body = peer.receive(large.size());
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    peer.send(body);
  }});
  const Url url = tls_url(server, "127.0.0.1");
  Caller caller(url);
  caller.request.body = {large};
  Recorder recorder;
  CHECK(caller.call(recorder).has_value());
  CHECK(recorder.body == large);
}

TEST_CASE("an answer without a length is whole only if the provider says goodbye") {
  const Certificate certificate("IP:127.0.0.1");
  const Trusting trusting(certificate);
  for (const bool says_goodbye : {true, false}) {
    CAPTURE(says_goodbye);
    ScriptedServer server({[&](TestSocket& socket) {
      TlsPeer peer(socket, certificate);
      if (!peer.shake_hands()) return;
      peer.receive_head();
      peer.receive(7);
      peer.send("HTTP/1.1 200 OK\r\n\r\nok");
      if (says_goodbye) peer.say_goodbye();
    }});
    const Url url = tls_url(server, "127.0.0.1");
    CHECK(Caller(url).outcome() == (says_goodbye ? "200 ok" : "Broken: the connection broke off: Connection reset by peer"));
  }
}

}  // TEST_SUITE

}  // namespace aigw::http
