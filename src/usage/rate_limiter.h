// Holds one user of the gateway, or one provider, to its limits: requests and tokens in any minute, and how many are in
// flight.
//
// Minutes slide in steps of a second: what was counted in one second leaves 60 to 61 seconds later, so that no minute
// ever holds more than the limit. As with quotas, room is held before and settled after: a request counts from its
// beginning, tokens are held as an estimate until it is known what was used. The one that reaches a limit of tokens is
// let finish, and then nobody starts until there is room again. Nothing of it is kept over a restart.
//
// Threads: any; one mutex each, held for a few hundred nanoseconds.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "config/limits.h"
#include "usage/waiting_line.h"

namespace aigw::usage {

// Why there is no room.
struct RateShortage {
  enum class What { Requests, Tokens, Concurrency };
  What what = What::Requests;
  std::int64_t limit = 0;
  Millis free_in{0};                  // when there may be room; a second where that is up to requests in flight
  std::shared_ptr<WaitingLine> line;  // to wait in; null if nobody waits for this
  Millis patience{0};                 // how long
};

// One limit of the sliding minute, as clients are told.
struct RateState {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  Millis reset{0};  // until all of it is there again, if nothing more is used
};

class RateLimiter {
 public:
  // What a request holds. Each is given back once, by settle() or release().
  struct Grip {
    std::int64_t second = 0;    // in which it counts
    std::int64_t requests = 0;  // so many count there: none if no minute was limited then
    std::int64_t tokens = 0;    // held
  };

  RateLimiter();

  // What was counted stays.
  void configure(const config::Limits& limits);

  // Nothing if there is room for another request. `place`: its own in the line, null if it has none; while others wait
  // before it there is no room.
  std::optional<RateShortage> shortage(SteadyTime now, const WaitingLine::Place* place = nullptr) const;

  // Holds a request and `tokens` (>= 0), or says why not.
  std::optional<RateShortage> reserve(std::int64_t tokens, SteadyTime now, const WaitingLine::Place* place, Grip& grip);
  // Counts a further request of the one that has the grip, if there is room for it.
  bool again(Grip& grip, SteadyTime now);
  // It was not sent again after all: undoes again(), which got the grip as `before`.
  void not_again(Grip& grip, const Grip& before);
  // It has ended, and used `tokens`.
  void settle(const Grip& grip, std::int64_t tokens, SteadyTime now);
  // It has ended without an answer. `sent`: it was made all the same, and counts as a request. `place`: its own in the
  // line, which need not be told of the room.
  void release(const Grip& grip, bool sent, SteadyTime now, const WaitingLine::Place* place = nullptr);

  std::optional<RateState> requests(SteadyTime now) const;  // nothing without such a limit
  std::optional<RateState> tokens(SteadyTime now) const;
  std::optional<RateState> at_once() const;                 // of requests at once; its reset is not known
  std::int64_t in_flight() const;
  const WaitingLine* line() const { return line_.get(); }

 private:
  struct Bucket {
    std::int64_t second = 0;  // that it counts now
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
  };
  // A minute, and the second that has begun.
  static constexpr std::int64_t kSeconds = 61;
  using Buckets = std::array<Bucket, kSeconds>;
  using Field = std::int64_t Bucket::*;

  // All of these: with mutex_ held.
  std::optional<RateShortage> find_shortage(SteadyTime now, const WaitingLine::Place* place) const;
  RateShortage make(RateShortage::What what, std::int64_t limit, Millis free_in) const;
  bool counts() const { return limits_.requests_per_minute || limits_.tokens_per_minute; }
  Bucket& bucket(std::int64_t second);
  void count_request(Grip& grip, std::int64_t second);
  void take_back_request(const Grip& grip);
  std::int64_t sum(Field field, std::int64_t now_second) const;
  Millis until_below(Field field, std::int64_t bound, SteadyTime now) const;
  RateState state(Field field, std::int64_t limit, std::int64_t held, SteadyTime now) const;
  void let_go(const Grip& grip, const WaitingLine::Place* place);

  mutable std::mutex mutex_;  // guards all below
  config::Limits limits_;
  std::unique_ptr<Buckets> buckets_;  // from the first request under such a limit on: most keys are never used
  std::int64_t held_tokens_ = 0;
  std::int64_t in_flight_ = 0;
  const std::shared_ptr<WaitingLine> line_;  // looks after itself
};

}  // namespace aigw::usage
