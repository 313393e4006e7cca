// A provider that does exactly what a test says: one script for each connection, in order.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include "base/url.h"
#include "http/test_socket.h"

namespace aigw::http {

class ScriptedServer {
 public:
  // Runs on the server's thread; the connection closes when it returns.
  using Script = std::function<void(TestSocket& socket)>;

  explicit ScriptedServer(std::vector<Script> scripts)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), scripts_(std::move(scripts)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_.get(), any, size) != 0 || ::listen(listening_.get(), 16) != 0 ||
        ::getsockname(listening_.get(), any, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }

  ~ScriptedServer() {
    ::shutdown(listening_.get(), SHUT_RDWR);  // connections that a test does not make are not waited for
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  Url url() const { return {false, "127.0.0.1", port_, ""}; }
  int connections() const { return connections_; }

 private:
  void run() {
    for (const Script& script : scripts_) {
      Fd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++connections_;
      TestSocket socket(std::move(fd));
      script(socket);
    }
  }

  Fd listening_;
  const std::vector<Script> scripts_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace aigw::http
