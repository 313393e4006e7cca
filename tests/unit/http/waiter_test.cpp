#include "http/waiter.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <thread>

#include "http/test_socket.h"

namespace aigw::http {
namespace {

using Outcome = Waiter::Outcome;

// A client and a provider, each with a test socket as its other end.
struct Sides {
  SocketPair client = SocketPair::create();
  SocketPair provider = SocketPair::create();
  Waiter waiter{client.ours.get()};
  SteadyTime begin = steady_now();

  Sides() { waiter.set_deadline(begin + Millis{60'000}); }  // so that a broken test ends
  Outcome wait_readable(SteadyTime limit = SteadyTime::max()) {
    return waiter.wait(provider.ours.get(), POLLIN, limit);
  }
};

}  // namespace

TEST_SUITE("http/waiter") {

TEST_CASE("a socket that is ready ends the wait") {
  Sides sides;
  sides.provider.theirs.send("x");
  CHECK(sides.wait_readable() == Outcome::Ready);
  CHECK(sides.waiter.wait(sides.provider.ours.get(), POLLOUT) == Outcome::Ready);
}

TEST_CASE("a socket that becomes ready ends the wait") {
  Sides sides;
  std::thread provider([&] { sides.provider.theirs.send("x"); });
  CHECK(sides.wait_readable() == Outcome::Ready);
  provider.join();
}

TEST_CASE("a socket that was closed counts as ready: the next read tells") {
  Sides sides;
  sides.provider.theirs.close();
  CHECK(sides.wait_readable() == Outcome::Ready);
}

TEST_CASE("what the client sends does not end the wait") {
  Sides sides;
  sides.client.theirs.send("another request");
  CHECK(sides.wait_readable(steady_now() + Millis{20}) == Outcome::TimedOut);
  CHECK_FALSE(sides.waiter.client_gone());
}

TEST_CASE("the earlier of deadline and limit ends the wait") {
  Sides sides;
  sides.waiter.set_deadline(sides.begin + Millis{20});
  CHECK(sides.wait_readable() == Outcome::TimedOut);
  CHECK(steady_now() >= sides.begin + Millis{20});
  sides.waiter.set_deadline(sides.begin + Millis{60'000});
  const SteadyTime limit = steady_now() + Millis{20};
  CHECK(sides.wait_readable(limit) == Outcome::TimedOut);
  CHECK(steady_now() >= limit);
}

TEST_CASE("a deadline in the past still sees what is ready") {
  Sides sides;
  sides.waiter.set_deadline(sides.begin - Millis{1});
  CHECK(sides.wait_readable() == Outcome::TimedOut);
  sides.provider.theirs.send("x");
  CHECK(sides.wait_readable() == Outcome::Ready);
}

TEST_CASE("a client that hangs up ends a wait for a provider") {
  Sides sides;
  std::thread client([&] { sides.client.theirs.close(); });
  CHECK(sides.wait_readable() == Outcome::ClientGone);
  client.join();
  CHECK(sides.waiter.client_gone());
}

TEST_CASE("a client that hangs up ends a wait for a time") {
  Sides sides;
  std::thread client([&] { sides.client.theirs.close(); });
  CHECK(sides.waiter.sleep_until(steady_now() + Millis{60'000}) == Outcome::ClientGone);
  client.join();
}

TEST_CASE("a client that is gone is more important than a provider that is ready") {
  Sides sides;
  sides.provider.theirs.send("x");
  sides.client.theirs.close();
  CHECK(sides.wait_readable() == Outcome::ClientGone);
}

TEST_CASE("a sleep is ready when its time comes, timed out when the deadline comes first") {
  Sides sides;
  const SteadyTime time = steady_now() + Millis{20};
  CHECK(sides.waiter.sleep_until(time) == Outcome::Ready);
  CHECK(steady_now() >= time);
  CHECK(sides.waiter.sleep_until(steady_now() - Millis{1}) == Outcome::Ready);
  const SteadyTime deadline = steady_now() + Millis{20};
  sides.waiter.set_deadline(deadline);
  CHECK(sides.waiter.sleep_until(deadline + Millis{60'000}) == Outcome::TimedOut);
  CHECK(steady_now() >= deadline);
}

TEST_CASE("the tick hook is called when it is due, and the wait goes on") {
  Sides sides;
  int before = 0;
  int ticks = 0;
  sides.waiter.set_hooks({[&] { ++before; },
                          [&] {
                            ++ticks;
                            if (ticks == 3) sides.provider.theirs.send("x");
                            sides.waiter.set_next_tick(steady_now() + Millis{1});
                          }});
  sides.waiter.set_next_tick(steady_now() + Millis{1});
  CHECK(sides.wait_readable() == Outcome::Ready);
  CHECK(ticks == 3);
  CHECK(before == 1);
}

TEST_CASE("the hook before is called once for each wait, also for one that is ready at once") {
  Sides sides;
  int before = 0;
  sides.waiter.set_hooks({[&] { ++before; }, {}});
  sides.provider.theirs.send("x");
  CHECK(sides.wait_readable() == Outcome::Ready);
  CHECK(before == 1);
  CHECK(sides.waiter.sleep_until(steady_now()) == Outcome::Ready);
  CHECK(before == 2);
  CHECK_FALSE(sides.waiter.client_gone());
  CHECK(before == 2);
}

TEST_CASE("a deadline that a hook moves counts for the wait under way") {
  Sides sides;
  sides.waiter.set_hooks({{}, [&] {
                            sides.waiter.set_next_tick({});
                            sides.waiter.set_deadline(steady_now());
                          }});
  sides.waiter.set_next_tick(steady_now());
  CHECK(sides.wait_readable() == Outcome::TimedOut);
  CHECK(steady_now() < sides.begin + Millis{60'000});
}

TEST_CASE("a sleep ends when another thread wakes it, once for each waking") {
  Sides sides;
  const auto wake = sides.waiter.waker();
  std::thread other(wake);
  CHECK(sides.waiter.sleep_until(sides.begin + Millis{60'000}) == Outcome::Ready);
  other.join();
  CHECK(steady_now() < sides.begin + Millis{60'000});
  const SteadyTime time = steady_now() + Millis{20};
  CHECK(sides.waiter.sleep_until(time) == Outcome::Ready);
  CHECK(steady_now() >= time);
  wake();  // before the sleep
  CHECK(sides.waiter.sleep_until(sides.begin + Millis{60'000}) == Outcome::Ready);
  CHECK(steady_now() < sides.begin + Millis{60'000});
}

TEST_CASE("a waker outlives its waiter") {
  std::function<void()> wake;
  {
    Waiter waiter(-1);
    wake = waiter.waker();
  }
  wake();
}

TEST_CASE("a tick without a hook does nothing") {
  Sides sides;
  sides.waiter.set_next_tick(steady_now());
  const SteadyTime time = steady_now() + Millis{20};
  CHECK(sides.waiter.sleep_until(time) == Outcome::Ready);
  CHECK(steady_now() >= time);
}

}  // TEST_SUITE

}  // namespace aigw::http
