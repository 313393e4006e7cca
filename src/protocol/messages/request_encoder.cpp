// A request for an Anthropic provider (protocols.md §4).
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/extras.h"
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

using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;

void write_stop(Json& body, const Request& request, Notes& notes) {
  Json sequences = Json::array();
  for (const std::string& sequence : request.stop) {
    if (is_blank(sequence)) notes.drop("stop");
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

// Thinking, and what stands in `output_config`: how hard, and in which form the answer comes.
void write_thinking_and_output(Json& body, ThinkingPlan& plan, OutputForm& form) {
  if (plan.thinking) body["thinking"] = std::move(*plan.thinking);
  Json config = Json::object();
  if (!plan.effort.empty()) config["effort"] = std::move(plan.effort);
  if (form.format) config["format"] = std::move(*form.format);
  if (!config.empty()) body["output_config"] = std::move(config);
}

}  // namespace

Json encode_request(Request request, const Target& target, ReplyRules& rules, Notes& notes) {
  if (request.n > 1) notes.reject("n", "n: the provider gives one answer to a request");
  canonical::drop_extras(request, notes);
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
  write_thinking_and_output(body, plan, form);
  write_sampling(body, request, target.can, plan.on, notes);
  write_stop(body, request, notes);
  write_user(body, request, notes);
  write_service_tier(body, request, notes);
  if (request.stream) body["stream"] = true;
  limit_cache_marks(body);
  return body;
}

}  // namespace aigw::protocol::messages
