// The gateway's own errors towards the client: one table from kinds to statuses and words (protocols.md §14.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/dialect.h"
#include "base/result.h"
#include "http/message.h"
#include "protocol/openai_error.h"

namespace aigw::gateway {

// An answer of the gateway itself: what is wrong and what to do about it.
struct Refusal {
  int status = 500;
  protocol::OpenAiError error;
  std::optional<Millis> retry_after;
  bool worth_retrying = true;  // false: clients that know `x-should-retry` don't try again on their own
};

inline constexpr int kClientGone = 499;  // nginx's word for a client that left; only ever seen in the log

// The refusal for an error that came up before any provider was asked.
Refusal refuse(const Error& error);
Refusal refuse(int status, std::string message, std::string code = "", std::string param = "");

// In the client's dialect (protocols.md §14.1), with Retry-After in whole seconds (at least 1) where one is known.
// `request_id` stands in the body where the dialect has a place for it.
http::Reply to_reply(const Refusal& refusal, Dialect client = Dialect::Plain, std::string_view request_id = {});

}  // namespace aigw::gateway
