// An exchange that waits for room under limits: its places in the lines, and its sleep.
//
// Belongs to one exchange and its thread; what it borrows outlives it. Its places are left when it is destroyed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateway/gateway.h"
#include "http/waiter.h"
#include "usage/meter.h"

namespace aigw::gateway {

class Waiting {
 public:
  // `key`: in whose turn it stands.
  Waiting(Gateway& gateway, http::Waiter& waiter, std::string key)
      : gateway_(gateway), waiter_(waiter), key_(std::move(key)) {}

  const usage::Places& places() const { return places_; }

  // Waits until there may be room: for the turn in one of the lines that these tell of, for the time that they name, at
  // most until the patience of all of them is over. Each of them has a line. False: it is over, the client is gone, or too many exchanges wait.
  // The first call for a line only takes a place in it: what was full may have become free before.
  bool wait(const std::vector<usage::RateShortage>& shortages, SteadyTime deadline);

  // It has what it waited for, or does not want it any more.
  void leave();

  // Whether it has waited as long as this limit lets it, or can't wait.
  bool out_of_patience(const usage::RateShortage& shortage, SteadyTime now) const;

 private:
  bool stand_in_lines_of(const std::vector<usage::RateShortage>& shortages);

  Gateway& gateway_;
  http::Waiter& waiter_;
  const std::string key_;
  std::optional<Place> place_;  // among those who wait
  usage::Places places_;
  std::optional<SteadyTime> since_;
};

}  // namespace aigw::gateway
