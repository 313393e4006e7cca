#include "protocol/responses/response_head.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/responses/usage.h"

namespace aigw::protocol::responses {
namespace {

constexpr std::size_t kRandomCharacters = 24;

// The provider's id without the prefix of its dialect.
std::string name_in(std::string_view id) {
  for (const std::string_view prefix : {"resp_", "chatcmpl-", "msg_"}) {
    if (starts_with(id, prefix) && id.size() > prefix.size()) return std::string(id.substr(prefix.size()));
  }
  return id.empty() ? random_text(kRandomCharacters) : std::string(id);
}

// The request's value, else what the API writes for one that did not say.
Json echoed(const Json& echo, std::string_view name, Json otherwise) {
  const Json* const value = find_member(echo, name);
  return value != nullptr && !value->is_null() ? *value : std::move(otherwise);
}

Json text_of_request(const Json& echo) {
  Json text = {{"format", {{"type", "text"}}}};
  for (const auto& [name, value] : members_of(echo, "text").items()) {
    if (!value.is_null()) text[name] = value;
  }
  return text;
}

Json reasoning_of_request(const Json& echo) {
  const Json& reasoning = members_of(echo, "reasoning");
  return {{"effort", echoed(reasoning, "effort", nullptr)}, {"summary", echoed(reasoning, "summary", nullptr)}};
}

}  // namespace

void ResponseHead::begin(const canonical::Begin& begin) {
  name_ = name_in(begin.id);
  model_ = rules_.model.empty() ? std::string(begin.model) : rules_.model;
  created_at_ = begin.created != 0 ? begin.created : rules_.now;
  service_tier_ = begin.service_tier;
}

Json ResponseHead::object(const Progress& progress, Json output) const {
  const Json echo = rules_.responses_echo.value_or_null();
  const bool is_completed = progress.status == "completed";
  Json incomplete;
  if (!progress.incomplete_reason.empty()) incomplete = {{"reason", progress.incomplete_reason}};
  Json response = {
      {"id", "resp_" + name_},
      {"object", "response"},
      {"created_at", created_at_},
      {"completed_at", is_completed ? Json(std::max(created_at_, rules_.now)) : Json()},
      {"status", progress.status},
      {"error", progress.error.value_or_null()},
      {"incomplete_details", std::move(incomplete)},
      {"instructions", echoed(echo, "instructions", nullptr)},
      {"max_output_tokens", echoed(echo, "max_output_tokens", nullptr)},
      {"metadata", echoed(echo, "metadata", Json::object())},
      {"model", model_},
      {"output", std::move(output)},
      {"parallel_tool_calls", echoed(echo, "parallel_tool_calls", true)},
      {"previous_response_id", nullptr},
      {"reasoning", reasoning_of_request(echo)},
      {"store", false},
      {"temperature", echoed(echo, "temperature", 1)},
      {"text", text_of_request(echo)},
      {"tool_choice", echoed(echo, "tool_choice", "auto")},
      {"tools", echoed(echo, "tools", Json::array())},
      {"top_p", echoed(echo, "top_p", 1)},
      {"truncation", "disabled"},
      {"usage", progress.usage ? usage_object(*progress.usage) : Json()},
      {"user", echoed(echo, "user", nullptr)},
  };
  // Members that the API writes only where there is something to say.
  for (const char* name : {"prompt_cache_key", "safety_identifier", "service_tier", "top_logprobs"}) {
    if (has_member(echo, name)) response[name] = *find_member(echo, name);
  }
  if (!service_tier_.empty()) response["service_tier"] = service_tier_;
  return response;
}

std::string ResponseHead::item_id(std::string_view prefix, std::size_t index) const {
  return std::string(prefix) + name_ + "_" + std::to_string(index);
}

}  // namespace aigw::protocol::responses
