// A server that runs as long as a test needs it, and what its tests share.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "http/server.h"
#include "http/test_socket.h"

namespace aigw::http {

constexpr std::size_t kBodyMax = 1'000;  // that echo() takes

inline ServerOptions quick() {
  ServerOptions options;
  options.workers_max = 8;
  return options;
}

inline Reply error_reply(int status, std::string_view message) {
  return {status, {{"Content-Type", "application/json"}}, "[" + std::to_string(status) + "] " + std::string(message)};
}

// A server on a port of its own that runs as long as this object lives.
struct Running {
  Server server;
  int port = 0;

  explicit Running(Server::Handler handler, ServerOptions options = quick())
      : server(std::move(options), std::move(handler), error_reply) {
    const Result<int> listening = server.listen();
    if (!listening) throw std::runtime_error(listening.error().detail);
    port = *listening;
    server.start();
  }

  TestSocket connect() const { return TestSocket::connect(port); }

  // What comes back over a connection of its own until the server closes it.
  std::string answer_to(std::string_view request) const {
    TestSocket client = connect();
    client.send(request);
    return client.receive_all();
  }
};

// Answers with what it understood.
inline void echo(Request& request, ClientStream& client) {
  const Status read = request.read_body(kBodyMax);
  std::string text = request.method + " " + request.path + " ? " + request.query + " | " + request.body;
  if (!read) text = "error " + read.error().detail;
  client.reply({read ? 200 : 400, {}, text});
}

// As a client reads it: the body of a reply with status 200.
inline std::string body_of(const std::string& message) {
  const std::size_t end = message.find("\r\n\r\n");
  if (message.substr(0, 15) != "HTTP/1.1 200 OK" || end == std::string::npos) return "not a 200: " + message;
  return message.substr(end + 4);
}

inline const std::string kClose = "Connection: close\r\n";

}  // namespace aigw::http
