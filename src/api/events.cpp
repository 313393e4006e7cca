#include <algorithm>

#include "api/admin_caller.h"
#include "api/desk.h"
#include "api/endpoints.h"
#include "api/refusal.h"
#include "gateway/errors.h"
#include "http/waiter.h"

namespace aigw::api {
namespace {

// A gateway that is to end does not wait longer for those who watch.
constexpr Millis kNapMax{200};

}  // namespace

void show_overview(Call& call) {
  call.client.reply({200, {{"Content-Type", "application/json"}}, call.desk.feed.current(steady_now())->overview + "\n"});
}

void watch(Call& call) {
  const auto place = call.desk.feed.enter();
  if (!place) {
    gateway::Refusal refusal = gateway::refuse(503, "There are " + std::to_string(Feed::kWatchersMax) +
                                                        " who watch already. GET /admin/overview tells the same.");
    refusal.retry_after = Millis{10'000};
    return refuse(call, refusal);
  }
  call.client.start(200, {{"Content-Type", "text/event-stream"},
                          {"Cache-Control", "no-cache"},
                          {"X-Accel-Buffering", "no"}});  // nginx would hold it back otherwise
  http::Waiter waiter(call.client.fd());
  std::uint64_t seen = 0;
  for (SteadyTime now = steady_now(); !call.gateway.gate().draining(); now = steady_now()) {
    const auto frame = call.desk.feed.current(now);
    if (frame->number != seen) {
      if (!find_admin(call)) break;  // its key is not good any more
      if (!call.client.write(frame->events) || !call.client.flush()) return;
      seen = frame->number;
    }
    const bool only_head = call.request.method == "HEAD";
    if (only_head || waiter.sleep_until(std::min(frame->until, now + kNapMax)) == http::Waiter::Outcome::ClientGone) break;
  }
  call.client.finish();
}

}  // namespace aigw::api
