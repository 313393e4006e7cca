// Whom an exchange tries next: the best provider that is available to it, with room in its quotas held for it.
//
// It remembers who did not answer, so that each provider is chosen once at most. One that is at its limits is waited for
// where it says so (`limits.queue`), before the next tier gets its turn. When all that is left is cooling down, it waits
// a little rather than give up.
//
// Belongs to one exchange and its thread; everything it borrows outlives it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "gateway/attempt.h"
#include "gateway/errors.h"
#include "gateway/live_routes.h"
#include "gateway/survey.h"
#include "gateway/trail.h"
#include "gateway/trials.h"
#include "gateway/waiting.h"
#include "http/waiter.h"
#include "routing/scheduler.h"
#include "usage/meter.h"

namespace aigw::gateway {

// A provider with its quota reserved.
struct Picked {
  const Backend* backend;
  usage::Reservation reservation;
  int tries = 0;
};

class Choice {
 public:
  // `strategy`: the route's own, or the one that the client has chosen. `key`: of the caller, in whose turn the exchange
  // waits. `deadline`: nobody is chosen from then on.
  Choice(Gateway& gateway, const Asked& asked, const LiveRoute& route, const config::Global& config,
         config::Strategy strategy, const std::string& key, http::Waiter& waiter, SteadyTime deadline,
         Trail& trail);

  // The best available provider, after a wait if need be. Nothing: nobody is left, or the time is over, or the client
  // is gone.
  std::optional<Picked> next();

  // It did not answer and is not chosen again.
  void rule_out(Trial trial);

  // Whether no other provider of the route could serve a request now.
  bool is_only_one_left(const Backend& backend) const;

  // What the client is told once next() has nothing.
  Refusal nobody_left() const;

 private:
  std::vector<usage::RateShortage> queues_for(Survey& found, SteadyTime now) const;
  std::optional<Picked> pick_from(std::vector<routing::Candidate> candidates, Now now);
  void note(const Survey& found, const Picked* picked);
  bool wait_for_cooldown();
  bool was_tried(const Backend& backend) const;

  const Asked& asked_;
  const LiveRoute& route_;
  const config::Global& config_;
  const config::Strategy strategy_;
  http::Waiter& waiter_;
  const SteadyTime deadline_;
  Trail& trail_;

  std::vector<Trial> trials_;
  Waiting waiting_;
  int waits_ = 0;  // for a cooldown
};

}  // namespace aigw::gateway
