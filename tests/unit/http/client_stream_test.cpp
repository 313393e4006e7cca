#include "http/client_stream.h"

#include <doctest/doctest.h>
#include <string>
#include <utility>

#include "http/connection.h"
#include "http/test_socket.h"

namespace aigw::http {
namespace {

struct Client {
  SocketPair sockets = SocketPair::create();
  Connection connection{std::move(sockets.ours), steady_now()};
  ClientStream stream;

  explicit Client(ClientStream::Framing framing = {}) : stream(connection, framing) {}

  // All that was sent; the connection is over afterwards.
  std::string sent() {
    connection.flush();
    ::shutdown(connection.fd(), SHUT_WR);
    return sockets.theirs.receive_all();
  }
};

constexpr ClientStream::Framing kHttp10{false, true, false};
constexpr ClientStream::Framing kHead{true, false, true};

}  // namespace

TEST_SUITE("http/client_stream") {

TEST_CASE("a whole reply has its length") {
  Client client;
  client.stream.reply({404, {{"Content-Type", "application/json"}}, "{}"});
  CHECK(client.stream.started());
  CHECK(client.stream.finished());
  CHECK(client.stream.bytes_out() == 2);
  CHECK(client.sent() == "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_CASE("an empty reply has length 0, one that may have no body has none") {
  Client empty;
  empty.stream.reply({200, {}, ""});
  CHECK(empty.sent() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  Client without;  // RFC 9110 §8.6
  without.stream.reply({204, {{"Allow", "GET"}}, ""});
  CHECK(without.sent() == "HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n");
}

TEST_CASE("a status without a registered phrase keeps the blank before it") {
  Client client;
  client.stream.reply({529, {}, ""});
  CHECK(client.sent() == "HTTP/1.1 529 \r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("common fields follow those of the reply") {
  Client client;
  client.stream.common_headers().add("X-Request-Id", "1");
  client.stream.reply({200, {{"A", "b"}}, ""});
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nA: b\r\nX-Request-Id: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a reply says whether the connection goes on where that is not the version's default") {
  struct Row {
    std::string name;
    ClientStream::Framing framing;
    std::string connection;
  };
  for (const Row& row : {Row{"1.1 goes on", {true, false, false}, ""},
                         Row{"1.1 closes", {false, false, false}, "Connection: close\r\n"},
                         Row{"1.0 goes on", {true, true, false}, "Connection: keep-alive\r\n"},
                         Row{"1.0 closes", {false, true, false}, "Connection: close\r\n"}}) {
    CAPTURE(row.name);
    Client client(row.framing);
    client.stream.reply({200, {}, "x"});
    CHECK(client.stream.keep_alive() == row.framing.keep_alive);
    CHECK(client.sent() == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + row.connection + "\r\nx");
  }
}

TEST_CASE("a connection that may not be used again is closed with the reply") {
  Client client;
  client.stream.set_keep_alive(false);
  CHECK_FALSE(client.stream.keep_alive());
  client.stream.reply({200, {}, "x"});
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
}

TEST_CASE("a reply to HEAD has the length of the body and no body") {
  Client client(kHead);
  client.stream.reply({200, {}, "hello"});
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("a stream goes out in chunks and ends with the last one") {
  Client client;
  client.stream.start(200, {{"Content-Type", "text/event-stream"}});
  CHECK(client.stream.started());
  CHECK(client.stream.write("data: a\n\n"));
  CHECK(client.stream.write(""));
  CHECK(client.stream.write(std::string(26, 'x')));
  CHECK_FALSE(client.stream.finished());
  client.stream.finish();
  CHECK(client.stream.finished());
  CHECK(client.stream.keep_alive());
  CHECK(client.stream.bytes_out() == 9 + 26);
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "9\r\ndata: a\n\n\r\n1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
}

TEST_CASE("a piece leaves with the flush, not before") {
  Client client;
  client.stream.start(200, {});
  client.stream.write("a");
  char byte;
  CHECK(receive(client.sockets.theirs.fd(), &byte, 1) == -1);
  CHECK(client.stream.flush());
  CHECK(client.sockets.theirs.receive_until("\r\n\r\n") == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(client.sockets.theirs.receive(6) == "1\r\na\r\n");
}

TEST_CASE("a piece larger than all buffers arrives as one chunk") {
  Client client;
  client.stream.start(200, {});
  const std::string piece(100'000, 'x');
  CHECK(client.stream.write(piece));
  client.stream.finish();
  CHECK(client.sent() ==
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + piece + "\r\n0\r\n\r\n");
}

TEST_CASE("a stream to HTTP/1.0 has no chunks: the end of the connection ends it") {
  Client client({true, true, false});
  client.stream.start(200, {});
  CHECK_FALSE(client.stream.keep_alive());
  client.stream.write("ab");
  client.stream.write("c");
  client.stream.finish();
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
}

TEST_CASE("a stream in answer to HEAD has no body") {
  Client client(kHead);
  client.stream.start(200, {});
  CHECK(client.stream.write("abc"));
  client.stream.finish();
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("a cut stream lacks the last chunk and closes the connection") {
  Client client;
  client.stream.start(200, {});
  client.stream.write("abc");
  client.stream.cut();
  CHECK(client.stream.finished());
  CHECK_FALSE(client.stream.keep_alive());
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
}

TEST_CASE("a field value can't end its line") {
  Client client(kHttp10);
  client.stream.common_headers().add("X-Common", std::string("a\0b", 3));
  client.stream.reply({200, {{"X-Bad", "a\r\nSet-Cookie: b"}}, ""});
  CHECK(client.sent() == "HTTP/1.1 200 OK\r\nX-Bad: a  Set-Cookie: b\r\nX-Common: a b\r\nContent-Length: 0\r\n"
                         "Connection: close\r\n\r\n");
}

TEST_CASE("writing tells when the client is gone") {
  Client client;
  client.stream.start(200, {});
  client.sockets.theirs.close();
  client.stream.write("a");
  CHECK_FALSE(client.stream.client_gone());
  CHECK_FALSE(client.stream.flush());
  CHECK(client.stream.client_gone());
  CHECK_FALSE(client.stream.write("b"));
  CHECK_FALSE(client.stream.write(""));
}

}  // TEST_SUITE

}  // namespace aigw::http
