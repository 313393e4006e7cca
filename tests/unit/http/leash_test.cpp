#include "http/leash.h"

#include <doctest/doctest.h>
#include <thread>

#include "http/waiter.h"

namespace aigw::http {

TEST_SUITE("http/leash") {

TEST_CASE("a leash that is cut ends a wait, and each that begins later") {
  Leash leash;
  Waiter waiter(leash.fd());
  CHECK_FALSE(waiter.client_gone());
  CHECK(waiter.sleep_until(steady_now()) == Waiter::Outcome::Ready);
  std::thread cutter([&leash] { leash.cut(); });
  CHECK(waiter.sleep_until(SteadyTime::max()) == Waiter::Outcome::ClientGone);
  cutter.join();
  CHECK(waiter.client_gone());
  CHECK(Waiter(leash.fd()).sleep_until(SteadyTime::max()) == Waiter::Outcome::ClientGone);
}

}  // TEST_SUITE

}  // namespace aigw::http
