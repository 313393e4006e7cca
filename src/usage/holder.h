// Those against whom an exchange is held: a provider's entry and its account; the key that was sent, its owner, and the
// gateway as a whole.
//
// A plain value that shares what it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "usage/counter.h"
#include "usage/rate_limiter.h"

namespace aigw::usage {

struct Holder {
  std::string title;                     // in words: `key laptop`; of a provider's entry empty
  std::shared_ptr<Counter> counter;      // null: it has no quota, and nothing is counted
  std::shared_ptr<RateLimiter> limiter;  // never null
};

// In the order in which their locks are taken: the narrower one first.
using Holders = std::vector<Holder>;

}  // namespace aigw::usage
