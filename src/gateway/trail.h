// Writes the story of an exchange (observe/story.h) while it goes: one call a step, so that the exchange itself reads as
// the chart that it is.
//
// Belongs to one exchange and its thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "config/config.h"
#include "gateway/asked.h"
#include "gateway/attempt.h"
#include "gateway/callers.h"
#include "gateway/live_routes.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "observe/story.h"
#include "usage/counts.h"

namespace aigw::gateway {

class Trail {
 public:
  using Pause = observe::Story::Pause;
  using Choice = observe::Story::Choice;
  using Skip = observe::Story::Skip;

  // The exchange begins now. `client`: its address.
  Trail(std::string id, observe::TraceContext trace, const http::Request& request, Dialect dialect,
        std::string client);

  // ---- the steps, in their order ----
  void authenticated(const Caller& caller);
  void understood(const Asked& asked);
  void routed(const std::string& model, const LiveRoute* route);  // null: there is none for it
  void allowed(config::Strategy strategy);
  void chose(Choice choice);
  // Ended by the next of these two.
  void attempt_begins(const Backend& backend, bool retry);
  void attempt_ended(const AttemptResult& result);
  // What the provider of the attempt that has begun is told of the trace.
  http::Headers trace_headers(bool exporting) const {
    return observe::trace_headers(story_.trace, story_.attempts.back().span, exporting);
  }
  // Who was asked last has nothing to do with the answer.
  void forget_provider() { story_.provider.clear(); }
  // The provider's answer is counted.
  void settled(const usage::Used& used);
  // What the client gets, and what was wrong. Of two errors the first one is the reason.
  void ended(int status, std::string_view error = {});

  // What is known so far.
  const observe::Story& story() const { return story_; }
  const std::string& id() const { return story_.id; }
  SteadyTime started() const { return started_; }

  // Runs `wait`, of which the time is noted.
  template <typename Wait>
  auto pause(Pause::For reason, Wait&& wait) {
    const observe::Offset began = now();
    auto result = std::forward<Wait>(wait)();
    paused(reason, began);
    return result;
  }

  // From now on what is said is kept, too.
  void capture(http::ClientStream& client);
  // The whole story. Once, at the end.
  observe::Story finish(const Asked& asked, const http::ClientStream& client);

 private:
  observe::Offset now() const { return offset(steady_now()); }
  observe::Offset offset(SteadyTime time) const;
  void paused(Pause::For reason, observe::Offset began);
  bool goes_on_waiting(Pause::For reason) const;

  const SteadyTime started_;
  observe::Story story_;
};

// Why a provider was chosen from `contenders` of its tier, itself among them.
std::string why_chosen(config::Strategy strategy, std::size_t contenders, int priority);

}  // namespace aigw::gateway
