#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/digest.h"
#include "protocol/canonical/effort.h"
#include "protocol/json_read.h"
#include "protocol/responses/item_encoder.h"
#include "protocol/responses/responses.h"
#include "protocol/responses/tool_encoder.h"

namespace aigw::protocol::responses {
namespace {

using canonical::Notes;
using canonical::OutputFormat;
using canonical::ReplyRules;
using canonical::Request;

constexpr std::int64_t kLimitMin = 16;         // fewer tokens are refused
constexpr std::size_t kIdentifierBytesMax = 64;  // of who asks

bool speaks_messages(const Request& request) {
  return request.client == Dialect::Messages || request.client == Dialect::TokenCount;
}

class RequestEncoder {
 public:
  RequestEncoder(Request request, const Target& target, Notes& notes)
      : request_(std::move(request)), target_(target), notes_(notes) {}

  Json encode(ReplyRules& rules);

 private:
  void put_text();
  void put_reasoning();
  void put_sampling();
  void put_identity();
  void put_storage();
  void put_extras();
  void refuse_unspeakable();
  Json format() const;
  void put_if_given(const char* name, std::string_view value) {
    if (!value.empty()) body_[name] = value;
  }

  Request request_;
  const Target& target_;
  Notes& notes_;
  Json body_ = Json::object();
};

Json RequestEncoder::encode(ReplyRules& rules) {
  body_["model"] = target_.model;
  body_["input"] = encode_items(request_, target_, notes_);
  encode_tools(request_, target_.settings, body_, notes_);
  put_text();
  put_reasoning();
  if (request_.client == Dialect::TokenCount) return std::move(body_);  // only what has tokens is taken there
  refuse_unspeakable();
  if (request_.max_tokens) body_["max_output_tokens"] = std::max(*request_.max_tokens, kLimitMin);
  put_sampling();
  put_identity();
  put_storage();
  put_extras();
  if (request_.stream) body_["stream"] = true;
  rules.stop = std::move(request_.stop);
  return std::move(body_);
}

void RequestEncoder::refuse_unspeakable() {
  if (request_.n > 1) notes_.reject("n", "\"n\" must be 1: this model gives one answer to a request.");
  for (const char* const name : {"audio", "modalities"}) {
    const JsonBox value = request_.take_extra(name);
    if (!value) continue;
    const bool is_sound = value->is_object() || std::find(value->begin(), value->end(), "audio") != value->end();
    if (!is_sound) notes_.drop(name);
    if (is_sound) notes_.reject(name, "\"" + std::string(name) + "\": this model answers with text.");
  }
}

// ---- text and reasoning -----------------------------------------------------------------------------

Json RequestEncoder::format() const {
  const OutputFormat& wanted = *request_.format;
  if (wanted.kind == OutputFormat::Kind::JsonObject) return {{"type", "json_object"}};
  Json format = {{"type", "json_schema"}, {"name", wanted.name.empty() ? "response" : wanted.name}};
  if (!wanted.description.empty()) format["description"] = wanted.description;
  format["schema"] = wanted.schema.value_or_null();
  if (wanted.strict) format["strict"] = *wanted.strict;
  return format;
}

void RequestEncoder::put_text() {
  Json text = Json::object();
  if (request_.format) text["format"] = format();
  if (const JsonBox verbosity = request_.take_extra("verbosity")) text["verbosity"] = *verbosity;
  if (!text.empty()) body_["text"] = std::move(text);
}

void RequestEncoder::put_reasoning() {
  const canonical::Reasoning& wanted = request_.reasoning;
  const bool thinks = wanted.budget || wanted.adaptive;
  const std::string effort = canonical::openai_effort(wanted, target_.can.effort_levels);
  if (effort.empty() && !thinks) return;
  if (!target_.can.reasoning_model) {
    if (thinks || wanted.disabled) notes_.drop("thinking");
    if (wanted.effort.empty()) return;
    return notes_.drop(speaks_messages(request_) ? "output_config.effort" : "reasoning_effort");
  }
  Json reasoning = Json::object();
  if (!effort.empty()) reasoning["effort"] = effort;
  if (thinks && speaks_messages(request_)) reasoning["summary"] = "auto";
  if (!reasoning.empty()) body_["reasoning"] = std::move(reasoning);
}

// ---- the rest ---------------------------------------------------------------------------------------

void RequestEncoder::put_sampling() {
  const config::Capabilities& can = target_.can;
  if (request_.top_k) notes_.drop("top_k");
  const bool both = request_.temperature && request_.top_p && can.temp_xor_top_p.value_or(false);
  const bool temperature_says_nothing = request_.temperature && request_.temperature->is_number() &&
                                        request_.temperature->get<double>() == 1;
  const auto put = [&](const char* name, const JsonBox& value, bool is_refused) {
    if (!value) return;
    if (is_refused || can.rejects_sampling) return notes_.drop(name);
    body_[name] = *value;
  };
  put("temperature", request_.temperature, both && temperature_says_nothing);
  put("top_p", request_.top_p, both && !temperature_says_nothing);
}

// Who asks: under the client's names, but for Messages, which has one for all (§5.1).
void RequestEncoder::put_identity() {
  if (!speaks_messages(request_)) {
    if (request_.metadata) body_["metadata"] = *request_.metadata;
    put_if_given("user", request_.user);
    put_if_given("safety_identifier", request_.safety_identifier);
  } else {
    const std::string& id = request_.safety_identifier;
    const char* const name = target_.can.is_openai ? "safety_identifier" : "user";
    put_if_given(name, id.size() > kIdentifierBytesMax ? sha256_hex(id) : id);
  }
  put_if_given("service_tier", request_.service_tier);
}

// Nothing is kept at the provider, so reasoning has to travel with the conversation. Chat keeps nothing either unless
// it is asked to, whereas absent would mean true here.
void RequestEncoder::put_storage() {
  const JsonBox store = request_.take_extra("store");
  const bool asked = store && store->is_boolean() && store->get<bool>();
  const bool reasons = target_.can.reasoning_model;
  if (asked && reasons) notes_.drop("store");
  body_["store"] = asked && !reasons;
  const JsonBox logprobs = request_.take_extra("logprobs");
  Json include = Json::array();
  if (reasons) include.push_back("reasoning.encrypted_content");
  if (logprobs && logprobs->is_boolean() && logprobs->get<bool>()) include.push_back("message.output_text.logprobs");
  if (!include.empty()) body_["include"] = std::move(include);
}

void RequestEncoder::put_extras() {
  for (const char* const name :
       {"top_logprobs", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "moderation"}) {
    if (const JsonBox value = request_.take_extra(name)) body_[name] = *value;
  }
  for (const canonical::Extra& extra : request_.extras) notes_.drop(extra.client_name);
}

}  // namespace

Json encode_request(Request request, const Target& target, ReplyRules& rules, Notes& notes) {
  return RequestEncoder(std::move(request), target, notes).encode(rules);
}

}  // namespace aigw::protocol::responses
