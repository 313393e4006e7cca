// What an exchange is held against, on one of its two sides: a provider's entry with its account, or a key with its owner
// and the gateway. Room is reserved before and settled when the exchange ended. Each step counts under the counters' own
// locks, then writes to the journal and reports without any.
//
// Threads: a Meter may be used from any thread; a Reservation belongs to one exchange.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "usage/counts.h"
#include "usage/forecast.h"
#include "usage/rate_limiter.h"

namespace aigw::usage {

class Counter;
class Meter;
class Recorder;
class Wallets;
struct Holder;
using Holders = std::vector<Holder>;

// Why there is no room for an exchange.
struct Shortage {
  enum class Why {
    Quota,
    Rate,
    Balance,  // the owner's is 0 or less
    Held,     // what is left of a quota or a balance is held by requests in flight
  };
  Why why = Why::Quota;
  std::string title;                  // whose: Holder::title; of Balance the owner; of Held what, too
  std::optional<WallTime> until;      // of a quota: when it may have room again; WallTime::max(): never
  std::optional<RateShortage> rate;   // for Rate
  std::optional<CounterState> state;  // for Quota: of the one whose it is
};

// The places of one exchange in the lines where it waits.
using Places = std::vector<std::unique_ptr<WaitingLine::Place>>;

// A request and an estimate held on one side. Gives itself back when it is destroyed unsettled. Movable, not copyable.
class Reservation {
 public:
  Reservation(Reservation&&) noexcept;
  Reservation& operator=(Reservation&&) noexcept;
  ~Reservation();

  // The exchange was answered: counts 1 request and what it used, in the period of `now`, durably: when this returns, the
  // record is with the operating system, or with `"durability": "strict"` on the disk. Once; a further call does nothing.
  void settle(const Used& used, Now now) { settle_both(*this, nullptr, used, now); }
  // The same for both sides of an exchange, with one record. `caller` may be null.
  static void settle_both(Reservation& provider, Reservation* caller, const Used& used, Now now);

  // It was sent again: counts a further request against the limits of a minute. False: there is no room for it.
  bool again(Now now);
  // There was no answer, but it was sent: the quotas get it back, the limits of a minute don't.
  void fail(Now now);

 private:
  friend class Meter;
  struct Hold;
  explicit Reservation(std::unique_ptr<Hold> hold);
  void release(bool sent, Now now);
  std::unique_ptr<Hold> hold_;
};

// A reservation, or why there is none.
class [[nodiscard]] Grant {
 public:
  Grant(Reservation reservation) : value_(std::move(reservation)) {}  // NOLINT: like Result
  Grant(Shortage shortage) : value_(std::move(shortage)) {}           // NOLINT

  explicit operator bool() const { return value_.index() == 0; }
  // Precondition: a reservation.
  Reservation& operator*() { return std::get<0>(value_); }
  Reservation* operator->() { return &std::get<0>(value_); }
  // Precondition: no reservation.
  const Shortage& shortage() const { return std::get<1>(value_); }

 private:
  std::variant<Reservation, Shortage> value_;
};

// The owner's balance, where there is one.
struct Balance {
  std::shared_ptr<Wallets> wallets;
  std::string owner;
  bool prepaid = false;  // needed even before the first credit
};

// Shared by all exchanges; lives on over reloads.
class Meter {
 public:
  // Why a new exchange has no room, as far as limits of a minute and of concurrency are at fault; nothing if it has.
  // `places`: its own in the lines.
  std::optional<Shortage> rate_shortage(SteadyTime now, const Places& places = {}) const;

  // When the quotas may have room again; nothing if they have now. The latest next reset of those that are used up; a
  // second from now where the rest is only held by requests in flight; WallTime::max() for one that is never reset.
  std::optional<WallTime> full_until(WallTime now) const;

  // Holds one request and an estimate of what it uses, or nothing when there is no room. Exact at any concurrency: a
  // limit of 100 requests gives 100 reservations that settle, never 101. Of tokens and money: refused once used +
  // reserved has reached the limit, so that the last one may overshoot by its own size.
  Grant reserve(const Estimate& estimate, Now now, const Places& places = {});

  // An attempt at this provider failed (counted in `errors`; not journalled). `key`: the client's, for the history.
  void count_error(std::string_view key, WallTime now);

  CounterState state(WallTime now) const;                         // the narrowest one's; empty if nothing is counted
  std::optional<CounterState> account_state(WallTime now) const;  // the next one's, if that is counted
  Forecast forecast(WallTime now) const;                          // of all

  // The limit of which least is left, over all holders; nothing if none has one.
  std::optional<RateState> requests_in_minute(SteadyTime now) const;
  std::optional<RateState> tokens_in_minute(SteadyTime now) const;
  std::optional<RateState> at_once() const;

 private:
  friend class Counters;
  // What lasts: nobody should wait in a line for what a used-up budget refuses.
  std::optional<Shortage> lasting_shortage(WallTime now) const;
  Meter(std::shared_ptr<const Holders> holders, Balance balance, std::shared_ptr<Recorder> recorder);
  void set_holders(std::shared_ptr<const Holders> holders);
  std::shared_ptr<const Holders> holders() const;
  CounterState state_of(Counter& counter, WallTime now) const;

  Guarded<std::shared_ptr<const Holders>> holders_;  // not empty; follows the config
  const Balance balance_;                            // without wallets: none
  const std::shared_ptr<Recorder> recorder_;
};

}  // namespace aigw::usage
