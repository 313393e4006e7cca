// The server's connections and threads: idle ones, too many, the end.
#include <doctest/doctest.h>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http/running_server.h"
#include "http/waiter.h"

namespace aigw::http {
namespace {

// Until the server has as many connections; it counts them when it accepts, which takes its time.
void wait_for_connections(const Server& server, std::size_t count) {
  const SteadyTime patience = steady_now() + Millis{60'000};
  while (server.load().connections != count && steady_now() < patience) std::this_thread::yield();
}

}  // namespace

TEST_SUITE("http/server_connections") {

TEST_CASE("idle connections take no threads and hold nobody up") {
  Running running(echo);
  std::vector<TestSocket> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(running.connect());
    if (i % 2 == 0) {
      idle.back().send("GET / HTTP/1.1\r\n\r\n");
      CHECK(body_of(idle.back().receive_message()) == "GET / ?  | ");
    } else {
      idle.back().send("GET / HT");
    }
  }
  wait_for_connections(running.server, 200);
  CHECK(running.server.load().connections == 200);
  CHECK(running.server.load().workers <= 8);
  CHECK(body_of(running.answer_to("GET / HTTP/1.1\r\n" + kClose + "\r\n")) == "GET / ?  | ");
  for (TestSocket& client : idle) {
    client.send("GET / HTTP/1.1\r\n\r\n");
    client.close();
  }
  wait_for_connections(running.server, 0);
  CHECK(running.server.load().connections == 0);
}

TEST_CASE("as many requests as there are workers run at the same time") {
  ServerOptions options = quick();
  options.workers_max = 4;
  std::promise<void> all_here;
  std::shared_future<void> released = all_here.get_future().share();
  std::atomic<int> here{0};
  Running running(
      [&](Request&, ClientStream& client) {
        if (++here == 4) all_here.set_value();
        released.wait();
        client.reply({200, {}, "x"});
      },
      options);
  std::vector<TestSocket> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(running.connect());
    clients.back().send("GET / HTTP/1.1\r\n\r\n");
  }
  for (TestSocket& client : clients) CHECK(body_of(client.receive_message()) == "x");
  CHECK(running.server.load().workers <= 4);
}

TEST_CASE("the last waiting worker stays while others work") {
  ServerOptions options = quick();
  options.worker_idle = Millis{20};
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  Running running(
      [&](Request& request, ClientStream& client) {
        if (request.path == "/held") released.wait();
        client.reply({200, {}, request.path});
      },
      options);
  std::vector<TestSocket> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(running.connect());
    held.back().send("GET /held HTTP/1.1\r\n" + kClose + "\r\n");
  }
  const SteadyTime patience = steady_now() + Millis{60'000};
  const auto settled = [&] { return running.server.load().requests == 2 && running.server.load().workers > 2; };
  while (!settled() && steady_now() < patience) std::this_thread::yield();
  // A worker that leaves does so within this time; that none does has no event to wait for.
  const SteadyTime chance = steady_now() + 10 * options.worker_idle;
  while (running.server.load().workers > 2 && steady_now() < chance) std::this_thread::yield();
  CHECK(body_of(running.answer_to("GET /third HTTP/1.1\r\n" + kClose + "\r\n")) == "/third");
  release.set_value();
  for (TestSocket& client : held) CHECK(body_of(client.receive_all()) == "/held");
}

TEST_CASE("a connection too many is told so, and does not hold up those that come later") {
  ServerOptions options = quick();
  options.connections_max = 1;
  Running running(echo, options);
  std::optional<TestSocket> first = running.connect();
  wait_for_connections(running.server, 1);
  std::vector<TestSocket> more;  // they stay open: a server that waited for them to close would be seen to hang
  for (int i = 0; i < 100; ++i) more.push_back(running.connect());
  for (TestSocket& client : more) {
    CHECK(client.receive_all() == "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 43\r\n"
                                  "Connection: close\r\n\r\n[503] The gateway has too many connections.");
  }
  first.reset();
  wait_for_connections(running.server, 0);
  CHECK(body_of(running.answer_to("GET / HTTP/1.1\r\n" + kClose + "\r\n")) == "GET / ?  | ");
}

TEST_CASE("tick ends connections that were idle too long, and half heads") {
  Running running(echo);
  TestSocket fresh = running.connect();
  TestSocket half = running.connect();
  half.send("GET / HT");
  wait_for_connections(running.server, 2);
  running.server.tick(steady_now());
  CHECK(running.server.load().connections == 2);
  // More than once, as in life: a connection that a worker has in its hands is left alone.
  const SteadyTime patience = steady_now() + Millis{60'000};
  while (running.server.load().connections > 0 && steady_now() < patience) {
    running.server.tick(steady_now() + Millis{10'000});
    std::this_thread::yield();
  }
  CHECK(fresh.at_end());
  CHECK(half.at_end());
}

TEST_CASE("replies close their connections while the server is ending") {
  Running running(echo);
  TestSocket client = running.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(client.receive_message() == "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nGET / ?  | ");
  running.server.close_after_replies();
  client.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(client.receive_all() == "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nGET / ?  | ");
}

TEST_CASE("stop waits for the request that runs, and closes idle connections at once") {
  std::promise<void> arrived;
  std::promise<void> release;
  Running running([&](Request&, ClientStream& client) {
    arrived.set_value();
    release.get_future().wait();
    client.reply({200, {}, "whole"});
  });
  TestSocket idle = running.connect();
  wait_for_connections(running.server, 1);
  TestSocket client = running.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  arrived.get_future().wait();
  std::future<bool> stopped =
      std::async(std::launch::async, [&] { return running.server.stop(steady_now() + Millis{60'000}); });
  CHECK(idle.at_end());  // while the other one still runs
  release.set_value();
  CHECK(stopped.get());
  CHECK(body_of(client.receive_all()) == "whole");
}

TEST_CASE("stop cuts what still runs at its deadline") {
  std::promise<void> arrived;
  Running running([&](Request&, ClientStream& client) {
    client.start(200, {});
    client.write("abc");
    client.flush();
    arrived.set_value();
    Waiter waiter(client.fd());
    waiter.sleep_until(steady_now() + Millis{60'000});  // until the client hangs up
  });
  TestSocket client = running.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  arrived.get_future().wait();
  CHECK_FALSE(running.server.stop(steady_now()));
  CHECK(client.receive_all() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  CHECK(running.server.stop(steady_now()));  // a second call does nothing
  CHECK(running.server.load().requests == 0);
}

TEST_CASE("a stopped server accepts nobody") {
  Running running(echo);
  CHECK(running.server.stop(steady_now()));
  CHECK_THROWS(running.connect());
}

TEST_CASE("a port that is taken is an error that says what to do") {
  Running running(echo);
  ServerOptions options = quick();
  options.port = running.port;
  Server second(options, echo, error_reply);
  const Result<int> listening = second.listen();
  REQUIRE_FALSE(listening);
  CHECK(listening.error().kind == ErrorKind::Io);
  CHECK(listening.error().detail == "can't listen on 127.0.0.1:" + std::to_string(running.port) +
                                        ": another program listens there; stop it or choose another --port");
}

TEST_CASE("an address that is not ours is an error") {
  ServerOptions options = quick();
  options.host = "192.0.2.1";
  Server server(options, echo, [](int, std::string_view) { return Reply{}; });
  const Result<int> listening = server.listen();
  REQUIRE_FALSE(listening);
  CHECK(listening.error().detail == "can't listen on 192.0.2.1:0: Cannot assign requested address");
}

}  // TEST_SUITE

}  // namespace aigw::http
