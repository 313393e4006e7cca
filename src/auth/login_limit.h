// How often somebody may try to log in: ten wrong keys a minute from an address, then no more until the minute is over.
// Of IPv6 the network counts (/64), which is what one customer has.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"

namespace aigw::auth {

class LoginLimit {
 public:
  static constexpr int kFailuresMax = 10;
  static constexpr Millis kWindow{60'000};
  static constexpr std::size_t kNetworksMax = 4'096;  // then those that began first are forgotten

  // Counts a try, before its key is looked at: many at once are many. How long to wait if it is one too many.
  std::optional<Millis> refuse(std::string_view address, SteadyTime now);

  // It was a good one: what was counted for its address is forgotten.
  void succeeded(std::string_view address);

 private:
  struct Row {
    int tries = 0;
    SteadyTime began;
  };
  using Rows = std::unordered_map<std::string, Row>;

  Guarded<Rows> rows_;
};

// What an address is counted under: itself, or of IPv6 its first 64 bits. A text that is no address is taken as it is.
std::string network_of(std::string_view address);

}  // namespace aigw::auth
