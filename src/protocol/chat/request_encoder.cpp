#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "protocol/canonical/effort.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/message_encoder.h"
#include "protocol/openai_schema.h"
#include "protocol/chat/tool_encoder.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Notes;
using canonical::OutputFormat;
using canonical::Request;

constexpr std::size_t kStopMax = 4;         // of OpenAI's API
constexpr std::size_t kUserLengthMax = 64;  // of `safety_identifier`

// Fields of Chat's API that no other member of a request stands for and that other dialects can say. (`store` is not
// among them: what it asks for in another dialect is no completion that a Chat provider could keep.)
constexpr std::array<std::string_view, 11> kExtras = {
    "seed",         "frequency_penalty", "presence_penalty", "logit_bias",       "logprobs",          "top_logprobs",
    "prediction",   "verbosity",         "prompt_cache_key", "modalities",       "web_search_options"};

class RequestEncoder {
 public:
  RequestEncoder(Request request, const Target& target, canonical::ReplyRules& rules, Notes& notes)
      : request_(std::move(request)), target_(target), can_(target.can), rules_(rules), notes_(notes) {}

  Json encode() {
    body_["model"] = target_.model;
    body_["messages"] = encode_messages(request_, target_, notes_);
    if (request_.max_tokens) body_[can_.max_tokens_field] = *request_.max_tokens;
    encode_sampling();
    encode_stop();
    if (request_.n > 1) body_["n"] = request_.n;
    if (request_.stream) body_["stream"] = true;
    if (request_.stream && can_.usage_in_stream) body_["stream_options"] = {{"include_usage", true}};
    encode_tools(request_, target_, rules_, notes_, body_);
    encode_format();
    encode_effort();
    encode_user();
    if (!request_.service_tier.empty()) body_["service_tier"] = request_.service_tier;
    if (request_.metadata && !request_.metadata->empty()) body_["metadata"] = *request_.metadata;
    encode_extras();
    return std::move(body_);
  }

 private:
  bool of_messages() const { return request_.client == Dialect::Messages; }

  void encode_sampling() {
    const bool has_both = request_.temperature && request_.top_p;
    const bool takes_one = can_.temp_xor_top_p.value_or(false) && has_both;
    const bool temperature_counts = !takes_one || *request_.temperature != 1;
    const bool top_p_counts = !takes_one || !temperature_counts;
    encode_number("temperature", request_.temperature, !can_.rejects_sampling && temperature_counts);
    encode_number("top_p", request_.top_p, !can_.rejects_sampling && top_p_counts);
    encode_number("top_k", request_.top_k, !can_.rejects_sampling && can_.takes_top_k);
  }

  void encode_number(const char* name, const JsonBox& value, bool is_taken) {
    if (!value) return;
    if (is_taken) {
      body_[name] = *value;
    } else {
      notes_.drop(name);
    }
  }

  // OpenAI's reasoning models refuse `stop`: the gateway cuts the text itself (§5.4).
  void encode_stop() {
    std::vector<std::string>& stop = request_.stop;
    if (stop.empty()) return;
    if (can_.is_openai && can_.reasoning_model) {
      rules_.stop = stop;
      return;
    }
    if (can_.is_openai && stop.size() > kStopMax) {
      notes_.drop(of_messages() ? "stop_sequences" : "stop");
      stop.resize(kStopMax);
    }
    body_["stop"] = stop;
  }

  void encode_format() {
    if (!request_.format) return;
    const OutputFormat& format = *request_.format;
    if (format.kind == OutputFormat::Kind::JsonObject) {
      body_["response_format"] = {{"type", "json_object"}};
      return;
    }
    Json form = {{"name", format.name.empty() ? "response" : format.name}};
    if (!format.description.empty()) form["description"] = format.description;
    form["schema"] = format.schema.value_or_null();
    if (format.strict) {
      form["strict"] = *format.strict;
    } else if (of_messages()) {
      form["strict"] = is_strict_schema(form["schema"]);
    }
    body_["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(form)}};
  }

  void encode_effort() {
    if (can_.reasoning_model) {
      std::string effort = canonical::openai_effort(request_.reasoning, can_.effort_levels);
      if (!effort.empty()) body_["reasoning_effort"] = std::move(effort);
      return;
    }
    const canonical::Reasoning& reasoning = request_.reasoning;
    const bool has_thinking = reasoning.thinking || reasoning.budget || reasoning.disabled || reasoning.adaptive;
    if (has_thinking) notes_.drop("thinking");
    if (!reasoning.effort.empty()) notes_.drop(of_messages() ? "output_config.effort" : "reasoning.effort");
  }

  static std::string fitted_id(const std::string& id) {
    return id.size() > kUserLengthMax ? sha256_hex(id) : id;
  }

  void encode_user() {
    const std::string& identifier = request_.safety_identifier;
    std::string user = request_.user;
    if (can_.is_openai && !identifier.empty()) body_["safety_identifier"] = fitted_id(identifier);
    if (!can_.is_openai && user.empty()) user = identifier;
    if (!user.empty()) body_["user"] = fitted_id(user);
  }

  void encode_extras() {
    request_.take_extra("store");
    for (canonical::Extra& extra : request_.extras) {
      if (std::find(kExtras.begin(), kExtras.end(), extra.name) == kExtras.end()) {
        notes_.drop(extra.client_name);
      } else if (!extra.value->is_null()) {
        body_[extra.name] = std::move(*extra.value);
      }
    }
  }

  Request request_;
  const Target& target_;
  const config::Capabilities& can_;
  canonical::ReplyRules& rules_;
  Notes& notes_;
  Json body_ = Json::object();
};

}  // namespace

Json encode_request(Request request, const Target& target, canonical::ReplyRules& rules, Notes& notes) {
  return RequestEncoder(std::move(request), target, rules, notes).encode();
}

}  // namespace aigw::protocol::chat
