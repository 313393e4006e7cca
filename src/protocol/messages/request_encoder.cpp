// A request for an Anthropic provider (protocols.md §4).
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/messages/cache_limit.h"
#include "protocol/messages/conversation_encoder.h"
#include "protocol/messages/messages.h"
#include "protocol/messages/output_format.h"
#include "protocol/messages/sampling.h"
#include "protocol/messages/thinking.h"
#include "protocol/messages/tool_encoder.h"
#include "protocol/messages/user_id.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Extra;
using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;

// Values of fields in Chat's words that ask for nothing but what happens without them.
struct Default {
  std::string_view name;
  std::string_view value;
};
constexpr std::array<Default, 11> kDefaults = {{{"logprobs", "false"},
                                                {"top_logprobs", "0"},
                                                {"frequency_penalty", "0"},
                                                {"presence_penalty", "0"},
                                                {"logit_bias", "{}"},
                                                {"store", "false"},
                                                {"verbosity", "\"medium\""},
                                                {"best_of", "1"},
                                                {"truncation", "\"disabled\""},
                                                {"n", "1"},
                                                {"modalities", "[\"text\"]"}}};

bool is_default(const Extra& extra) {
  return std::any_of(kDefaults.begin(), kDefaults.end(), [&](const Default& one) {
    return one.name == extra.name && *extra.value == Json::parse(one.value);
  });
}

bool asks_for_sound(const Extra& extra) {
  if (extra.name == "audio") return true;
  return extra.name == "modalities" && extra.value->is_array() &&
         std::find(extra.value->begin(), extra.value->end(), "audio") != extra.value->end();
}

// Nothing of what has no place of its own in a Request can be said here.
void drop_extras(const Request& request, Notes& notes) {
  for (const Extra& extra : request.extras) {
    if (!extra.value || extra.value->is_null()) continue;
    if (request.client != Dialect::Chat && is_default(extra)) continue;
    if (asks_for_sound(extra)) {
      notes.reject(extra.client_name, extra.client_name + ": the provider answers in text only");
    } else {
      notes.drop(extra.client_name);
    }
  }
}

void write_stop(Json& body, const Request& request, Notes& notes) {
  Json sequences = Json::array();
  for (const std::string& sequence : request.stop) {
    if (trim(sequence).empty()) notes.drop("stop");
    else sequences.push_back(sequence);
  }
  if (!sequences.empty()) body["stop_sequences"] = std::move(sequences);
}

// `metadata` holds nothing but the id of the end user.
void write_user(Json& body, const Request& request, Notes& notes) {
  const Json metadata = request.metadata.value_or_null();
  std::string id = request.safety_identifier.empty() ? request.user : request.safety_identifier;
  if (id.empty()) id = text_of(metadata, "user_id");
  if (!id.empty()) body["metadata"] = Json{{"user_id", opaque_user_id(std::move(id))}};
  if (metadata.size() > (has_member(metadata, "user_id") ? 1U : 0U)) notes.drop("metadata");
}

void write_service_tier(Json& body, const Request& request, Notes& notes) {
  if (request.service_tier.empty()) return;
  if (request.service_tier == "auto") body["service_tier"] = "auto";
  else if (request.service_tier == "default") body["service_tier"] = "standard_only";
  else notes.drop("service_tier");
}

void write_thinking(Json& body, ThinkingPlan& plan, OutputForm& form) {
  if (plan.thinking) body["thinking"] = std::move(*plan.thinking);
  Json config = Json::object();
  if (!plan.effort.empty()) config["effort"] = std::move(plan.effort);
  if (form.format) config["format"] = std::move(*form.format);
  if (!config.empty()) body["output_config"] = std::move(config);
}

}  // namespace

Json encode_request(Request request, const Target& target, ReplyRules& rules, Notes& notes) {
  if (request.n > 1) notes.reject("n", "n: the provider gives one answer to a request");
  drop_extras(request, notes);
  ToolSet tools = encode_tools(request, target, rules, notes);
  ThinkingPlan plan = plan_thinking(request, target.can, forces_call(tools), notes);
  OutputForm form = encode_output_format(request, target, plan.on, tools, rules, notes);

  Json body{{"model", target.model}, {"max_tokens", plan.max_tokens}};
  Json system = system_blocks(request.messages);
  if (!form.instruction.empty()) system.push_back(text_block(std::move(form.instruction)));
  if (!system.empty()) body["system"] = as_content(std::move(system));
  body["messages"] = message_list(request.messages, request.client, target.can, notes);
  if (tools.list) body["tools"] = std::move(*tools.list);
  if (tools.choice) body["tool_choice"] = std::move(*tools.choice);
  write_thinking(body, plan, form);
  write_sampling(body, request, target.can, plan.on, notes);
  write_stop(body, request, notes);
  write_user(body, request, notes);
  write_service_tier(body, request, notes);
  if (request.stream) body["stream"] = true;
  limit_cache_marks(body);
  return body;
}

}  // namespace aigw::protocol::messages
