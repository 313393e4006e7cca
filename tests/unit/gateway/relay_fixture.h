// A relay between a provider that says what a test gives it and a client whose bytes a test sees.
#pragma once

#include <future>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include "gateway/relay.h"
#include "http/client_stream.h"
#include "http/connection.h"
#include "http/test_socket.h"

namespace aigw::gateway {

struct RelayFixture {
  http::SocketPair sockets = http::SocketPair::create();
  http::Connection connection{std::move(sockets.ours), steady_now()};
  // HTTP/1.0, so that the client sees the bytes without chunks around them.
  http::ClientStream client{connection, {false, true, false}};
  RelayOptions options;
  int settled = 0;
  bool settled_before_the_end = false;
  std::unique_ptr<Relay> relay;
  // The client reads on a thread of its own: what is larger than the socket's buffers would otherwise never leave.
  std::future<std::string> reading;

  explicit RelayFixture(Dialect dialect, bool client_streams = false) {
    options.dialect = options.provider_dialect = dialect;
    options.client_streams = client_streams;
    options.settle = [this](const Progress&) {
      ++settled;
      settled_before_the_end = !client.finished();
    };
  }

  // Takes an answer with this type and these pieces; whether all of them were wanted.
  bool take(const std::string& content_type, std::initializer_list<std::string_view> pieces) {
    relay = make_relay(client, options, 200, {{"Content-Type", content_type}});
    for (const std::string_view piece : pieces) {
      if (!relay->on_data(piece)) return false;
    }
    return true;
  }
  bool take_events(std::initializer_list<std::string_view> pieces) { return take("text/event-stream", pieces); }

  const Progress& progress() const { return relay->progress(); }
  std::string failure() const { return progress().failure ? progress().failure->reason : "none"; }

  void read_beside() {
    reading = std::async(std::launch::async, [this] { return sockets.theirs.receive_all(); });
  }

  // Everything that was sent until now, behind the head; "" if there is no head yet. The client is gone afterwards.
  std::string body() {
    connection.flush();
    ::shutdown(connection.fd(), SHUT_WR);
    const std::string sent = reading.valid() ? reading.get() : sockets.theirs.receive_all();
    const std::size_t end = sent.find("\r\n\r\n");
    return end == std::string::npos ? sent : sent.substr(end + 4);
  }
};

}  // namespace aigw::gateway
