#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/canonical/effort.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/message_decoder.h"
#include "protocol/request_fields.h"
#include "protocol/chat/tool_decoder.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::OutputFormat;
using canonical::Request;

void decode_limit(RequestFields& fields, Request& request) {
  const std::optional<std::int64_t> newer = fields.take_count("max_completion_tokens");
  const std::optional<std::int64_t> older = fields.take_count("max_tokens");
  request.max_tokens = newer ? newer : older;
}

// The object of Messages wins over the effort (§4.1); only its adaptive form leaves the effort a meaning.
void decode_reasoning(RequestFields& fields, Request& request) {
  canonical::Reasoning& reasoning = request.reasoning;
  const std::string effort = fields.take_text("reasoning_effort");
  if (canonical::is_effort(effort)) {
    reasoning.effort = effort;
  } else if (!effort.empty()) {
    fields.notes().drop("reasoning_effort");
  }
  reasoning.thinking = fields.take_object("thinking");
  if (!reasoning.thinking) return;
  const std::string_view type = text_of(*reasoning.thinking, "type");
  reasoning.disabled = type == "disabled";
  reasoning.adaptive = type == "adaptive";
  if (type == "enabled") reasoning.budget = integer_of(*reasoning.thinking, "budget_tokens");
  if (!reasoning.adaptive) reasoning.effort.clear();
}

void decode_format(RequestFields& fields, Request& request) {
  const JsonBox format = fields.take_object("response_format");
  if (!format) return;
  const std::string_view type = text_of(*format, "type");
  if (type == "text") return;
  if (type != "json_object" && type != "json_schema") {
    return fields.notes().reject("response_format.type",
                                 "\"response_format.type\" must be \"text\", \"json_object\" or \"json_schema\".");
  }
  request.format = OutputFormat{};
  if (type == "json_object") return;
  const Json* const form = find_member(*format, "json_schema");
  if (form == nullptr || !form->is_object()) {
    return fields.notes().reject("response_format.json_schema", "\"response_format.json_schema\" must be an object.");
  }
  const Json* const schema = find_member(*form, "schema");
  if (schema == nullptr || schema->is_null()) return;  // any object will do
  if (!schema->is_object()) {
    return fields.notes().reject("response_format.json_schema.schema",
                                 "\"response_format.json_schema.schema\" must be an object.");
  }
  request.format = OutputFormat{OutputFormat::Kind::JsonSchema, std::string(text_of(*form, "name")),
                                std::string(text_of(*form, "description")), *schema, flag_of(*form, "strict")};
}

// Text is what every answer is; sound no conversion can give.
void decode_modalities(RequestFields& fields, Request& request) {
  if (fields.take("audio") != nullptr) fields.reject("audio", "is not available: this model answers with text");
  const Json* const modalities = fields.take("modalities");
  if (modalities == nullptr || *modalities == Json::array({"text"})) return;
  const bool wants_audio = modalities->is_array() &&
                           std::find(modalities->begin(), modalities->end(), "audio") != modalities->end();
  if (wants_audio) return fields.reject("modalities", "can't be \"audio\": this model answers with text");
  request.extras.push_back({"modalities", "modalities", *modalities});
}

}  // namespace

Request decode_request(const Json& body, canonical::Notes& notes) {
  Request request;
  request.client = Dialect::Chat;
  RequestFields fields(body, notes);
  decode_common_fields(fields, request);
  decode_limit(fields, request);
  decode_messages(fields.take("messages"), request, notes);
  decode_tools(fields, request);
  decode_format(fields, request);
  decode_reasoning(fields, request);
  decode_modalities(fields, request);
  request.safety_identifier = fields.take_text("safety_identifier");
  request.service_tier = fields.take_text("service_tier");
  request.metadata = fields.take_object("metadata");
  fields.take_rest(request);
  return request;
}

}  // namespace aigw::protocol::chat
