// Something that needs somebody: what webhooks tell.
//
// Plain values, and pure functions that put them into words. Texts hold no credential; names in them are as the
// configuration has them, reasons as the log has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/problem.h"
#include "config/webhook.h"

namespace aigw::observe {

struct Alert {
  enum class Severity { Good, Warning, Problem };

  // What it is about.
  struct Subject {
    std::string kind;   // `provider`, `account`, `key`, `owner`, `gateway`
    std::string name;   // empty for the gateway
    std::string model;  // of a provider; else empty
  };

  // How much of what is used.
  struct Level {
    enum class Unit { Requests, Tokens, Dollars };
    Unit unit = Unit::Requests;
    std::int64_t used = 0;   // dollars in nano-dollars
    std::int64_t limit = 0;
    std::string period;      // of a quota or a budget: base/period.h; empty: of a balance
  };

  config::AlertEvent event = config::AlertEvent::ProviderDown;
  WallTime at;
  Subject subject;
  std::optional<Level> level;
  std::string title;  // `Provider openai of gpt-4o is down`
  std::string text;   // a sentence that says more
};

Alert::Severity severity_of(config::AlertEvent event);

Alert provider_down(Alert::Subject provider, const std::string& last_error, WallTime at);
Alert provider_up(Alert::Subject provider, WallTime at);
// `event`: Quota80, QuotaExhausted, Budget80 or BudgetExhausted.
Alert level_reached(config::AlertEvent event, Alert::Subject subject, Alert::Level level, WallTime at);
// `problems`: not empty.
Alert reload_failed(const std::vector<config::Problem>& problems, WallTime at);
Alert disk_full(WallTime at);

const char* to_string(Alert::Severity severity);  // `good`, `warning`, `problem`
const char* to_string(Alert::Level::Unit unit);   // `requests`, `tokens`, `dollars`

}  // namespace aigw::observe
