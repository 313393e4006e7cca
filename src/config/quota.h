// Quotas: how much may be used from one reset to the next (`rate_limit` of a provider, `budget` of a key or an owner).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"

namespace aigw::config {

// One window of a quota: how much may be used from one reset to the next. At least one of the limits is set.
struct QuotaWindow {
  std::optional<std::int64_t> requests_per_period;  // >= 1
  std::optional<std::int64_t> tokens_per_period;    // prompt + completion, >= 1
  std::string period_cron = "0 0 * * *";            // when it is reset: five fields, in the zone of TZ
  // Instead, if not empty: how long from its first request, `5h`; or `never`.
  std::string period;
  std::optional<NanoDollars> cost_per_period = {};  // in the file in US dollars with up to nine decimals, more than 0
  // The text of base/period.h; no two windows of a list have the same.
  const std::string& period_text() const { return period.empty() ? period_cron : period; }
  bool operator==(const QuotaWindow&) const = default;
};

// The windows of a quota, all of which must have room; in the file an object (one window) or an array. Empty: no quota.
using Quota = std::vector<QuotaWindow>;

}  // namespace aigw::config
