#include "http/connection.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <thread>

#include "http/test_socket.h"

namespace aigw::http {
namespace {

constexpr Millis kIdle{120'000};
constexpr Millis kHead{10'000};
constexpr Millis kPatience{60'000};

struct Pair {
  SocketPair sockets = SocketPair::create();
  TestSocket& client = sockets.theirs;
  SteadyTime begin = steady_now();
  Connection connection{std::move(sockets.ours), begin};

  // Whether `expire` at that time ends the parked connection.
  bool expires_at(SteadyTime time) {
    connection.expire(time);
    return !connection.take();
  }
  std::string read(std::size_t size) {
    std::string data(size, '\0');
    const ssize_t count = connection.read(data.data(), size, kPatience);
    return count < 0 ? "failed" : data.substr(0, static_cast<std::size_t>(count));
  }
};

}  // namespace

TEST_SUITE("http/connection") {

TEST_CASE("fill receives what is there and never waits") {
  Pair pair;
  CHECK(pair.connection.fill() == Connection::Fill::Nothing);
  pair.client.send("abc");
  CHECK(pair.connection.fill() == Connection::Fill::Some);
  CHECK(pair.connection.received() == "abc");
  pair.connection.consume(2);
  CHECK(pair.connection.received() == "c");
  pair.client.send("def");
  CHECK(pair.connection.fill() == Connection::Fill::Some);
  CHECK(pair.connection.received() == "cdef");
  pair.client.close();
  CHECK(pair.connection.fill() == Connection::Fill::Closed);
  CHECK(pair.connection.received() == "cdef");
}

TEST_CASE("read gives received bytes first, then waits for more, then tells the end") {
  Pair pair;
  pair.client.send("abc");
  REQUIRE(pair.connection.fill() == Connection::Fill::Some);
  CHECK(pair.read(2) == "ab");
  CHECK(pair.read(8) == "c");
  std::thread client([&] {
    pair.client.send("def");
    pair.client.end_output();
  });
  std::string rest;
  for (std::string piece = pair.read(2); !piece.empty(); piece = pair.read(2)) rest += piece;
  CHECK(rest == "def");
  client.join();
}

TEST_CASE("read flushes before it waits, so that a client that waits for 100 Continue gets it") {
  Pair pair;
  REQUIRE(pair.connection.write("HTTP/1.1 100 Continue\r\n\r\n"));
  std::string seen;
  std::thread client([&] {
    seen = pair.client.receive_until("\r\n\r\n");
    pair.client.send("body");
  });
  CHECK(pair.read(8) == "body");
  client.join();
  CHECK(seen == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("silence within a body is told apart from its end") {
  Pair pair;
  char byte;
  CHECK(pair.connection.read(&byte, 1, Millis{10}) == -1);
  CHECK(pair.connection.read_timed_out());

  Pair reset;
  reset.client.close();
  CHECK(reset.connection.read(&byte, 1, kPatience) == 0);
  CHECK_FALSE(reset.connection.read_timed_out());
}

TEST_CASE("small writes gather until flush") {
  Pair pair;
  CHECK(pair.connection.write("a"));
  CHECK(pair.connection.write("b"));
  char byte;
  CHECK(receive(pair.client.fd(), &byte, 1) == -1);
  CHECK(pair.connection.flush());
  CHECK(pair.client.receive(2) == "ab");
  CHECK(pair.connection.flush());
}

TEST_CASE("many written bytes leave without a flush") {
  Pair pair;
  const std::string piece(40'000, 'x');
  CHECK(pair.connection.write("a"));
  CHECK(pair.connection.write(piece));
  CHECK(pair.client.receive(1 + piece.size()) == "a" + piece);
}

TEST_CASE("a slow reader gets everything, in order") {
  Pair pair;
  std::string sent;
  for (int i = 0; sent.size() < 4'000'000; ++i) sent += std::to_string(i) + ' ';
  bool written = false;
  std::thread writer([&] {
    written = true;
    for (std::size_t at = 0; at < sent.size(); at += 50'000) {
      written = pair.connection.write(std::string_view(sent).substr(at, 50'000)) && written;
    }
    written = pair.connection.flush() && written;
  });
  std::string received;
  while (received.size() < sent.size()) {
    const std::string piece = pair.client.receive(std::min<std::size_t>(1'000, sent.size() - received.size()));
    if (piece.empty()) break;
    received += piece;
  }
  writer.join();
  CHECK(written);
  CHECK(received == sent);
}

TEST_CASE("a client that is gone breaks the connection for good") {
  Pair pair;
  pair.client.close();
  CHECK_FALSE(pair.connection.broken());
  CHECK(pair.connection.write("a"));  // only gathered
  CHECK_FALSE(pair.connection.flush());
  CHECK(pair.connection.broken());
  CHECK_FALSE(pair.connection.write("b"));
  CHECK_FALSE(pair.connection.flush());
}

TEST_CASE("an idle connection expires only when it is parked and past its deadline") {
  Pair pair;
  pair.connection.expire(pair.begin + kIdle + kHead);  // owned: nothing happens
  pair.client.send("x");
  CHECK(pair.connection.fill() == Connection::Fill::Some);
  pair.connection.consume(1);

  pair.connection.park(pair.begin, kIdle, kHead);
  CHECK_FALSE(pair.expires_at(pair.begin + kIdle - Millis{1}));
  pair.connection.park(pair.begin, kIdle, kHead);
  CHECK(pair.expires_at(pair.begin + kIdle));
  CHECK(pair.client.at_end());
}

TEST_CASE("a head that has begun keeps its deadline over all its pieces") {
  Pair pair;
  pair.client.send("GET ");
  REQUIRE(pair.connection.fill() == Connection::Fill::Some);
  pair.connection.park(pair.begin, kIdle, kHead);
  REQUIRE(pair.connection.take());
  pair.client.send("/ ");
  REQUIRE(pair.connection.fill() == Connection::Fill::Some);
  pair.connection.park(pair.begin + kHead - Millis{1}, kIdle, kHead);
  CHECK(pair.expires_at(pair.begin + kHead));
}

TEST_CASE("the next head has a deadline of its own") {
  Pair pair;
  pair.client.send("first");
  REQUIRE(pair.connection.fill() == Connection::Fill::Some);
  pair.connection.park(pair.begin, kIdle, kHead);
  REQUIRE(pair.connection.take());
  pair.connection.consume(5);
  const SteadyTime later = pair.begin + kHead - Millis{1};
  pair.connection.park(later, kIdle, kHead);  // nothing received: idle again
  CHECK_FALSE(pair.expires_at(later + kHead));
  pair.client.send("second");
  REQUIRE(pair.connection.fill() == Connection::Fill::Some);
  pair.connection.park(later, kIdle, kHead);
  CHECK_FALSE(pair.expires_at(later + kHead - Millis{1}));
  pair.connection.park(later, kIdle, kHead);
  CHECK(pair.expires_at(later + kHead));
}

TEST_CASE("a deadline of the parking before does not count") {
  Pair pair;
  pair.connection.park(pair.begin - kIdle, kIdle, kHead);  // past its deadline, but taken before anybody looked
  REQUIRE(pair.connection.take());
  pair.connection.expire(pair.begin);
  pair.connection.park(pair.begin, kIdle, kHead);
  CHECK_FALSE(pair.expires_at(pair.begin));
}

TEST_CASE("linger sends what is left and ends when the client closes") {
  Pair pair;
  std::string seen;
  std::thread client([&] {
    seen = pair.client.receive_all();
    pair.client.send("a body that nobody wants");
    pair.client.close();
  });
  CHECK(pair.connection.write("reply"));
  pair.connection.linger();
  client.join();
  CHECK(seen == "reply");
}

}  // TEST_SUITE

}  // namespace aigw::http
