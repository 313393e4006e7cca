// What an exchange costs the operator, and what the owner of the client's key is charged for it.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/money.h"
#include "config/prices.h"
#include "gateway/asked.h"
#include "gateway/live_routes.h"
#include "gateway/relay.h"
#include "usage/counts.h"

namespace aigw::gateway {

struct Bill {
  NanoDollars cost = 0;
  NanoDollars charge = 0;
  bool priced = true;  // false: the provider's price is not known
  bool charged = true;  // false: nor is it known what the owner pays
};

// `own`: what the owner pays instead, by own_price(); null: the cost with the owner's markup. `owner` may be null. Counts
// of tokens out of their range are taken for the nearest one within.
Bill bill_of(const config::FoundPrice& price, const config::Price* own, const config::Owner* owner,
             const config::PricedTokens& tokens);

// The owner's own price of a model, by the name that was asked for or by the route's; null if there is none. `owner` may
// be null.
const config::Price* own_price(const config::Owner* owner, std::string_view asked, const LiveRoute& route);

// What an answer has used: what the provider says, else estimates; of one that broke off at least the text that came.
config::PricedTokens use_of(const Asked& asked, const Progress& progress);
usage::Used used_for(const config::PricedTokens& tokens, const Bill& bill);

// The tokens that a request may use: those of the prompt and, where text is generated, as many as `max_tokens` allows
// for each of `n` choices. Where it sets no limit (absent, or negative as some servers have it) an answer is expected to
// be as long as the average one, all of its choices included; 0: nothing is known.
config::PricedTokens expected_use(const Asked& asked, std::int64_t average_completion_tokens);

// Of both sides together. Never overflows.
std::int64_t total_tokens(const config::PricedTokens& tokens);

// What a request may cost at a provider. Of an answer of which nothing is known a thousand tokens are assumed: many
// requests at once must not all pass because each of them seems to be free.
Bill expected_bill(const Asked& asked, const LiveRoute& route, const Backend& backend, const config::Owner* owner,
                   const config::PricedTokens& expected);

}  // namespace aigw::gateway
