#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "protocol/canonical/effort.h"
#include "protocol/request_fields.h"
#include "protocol/json_read.h"
#include "protocol/responses/item_decoder.h"
#include "protocol/responses/responses.h"
#include "protocol/responses/tool_decoder.h"

namespace aigw::protocol::responses {
namespace {

using canonical::OutputFormat;
using canonical::Request;

// Members of the request that the answer repeats (§10.4).
constexpr const char* kEchoed[] = {
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "reasoning",    "temperature",
    "text",         "tool_choice",       "tools",    "top_p",               "user",         "prompt_cache_key",
    "safety_identifier", "service_tier", "top_logprobs"};

Json echo_of(const Json& body) {
  Json echo = Json::object();
  for (const char* const name : kEchoed) {
    if (has_member(body, name)) echo[name] = *find_member(body, name);
  }
  return echo;
}

// What needs a memory of earlier responses, or of this one.
void refuse_stored(RequestFields& fields) {
  if (fields.take("previous_response_id") != nullptr) {
    fields.reject("previous_response_id",
                  "can't be used: the gateway keeps no responses. Send the whole conversation as \"input\"");
  }
  if (fields.take("conversation") != nullptr) {
    fields.reject("conversation",
                  "can't be used: the gateway keeps no conversations. Send the whole conversation as \"input\"");
  }
  if (fields.take("prompt") != nullptr) {
    fields.reject("prompt", "can't be used: the gateway keeps no prompts. Send the prompt's text as \"instructions\"");
  }
  if (fields.take_flag("background").value_or(false)) {
    fields.reject("background", "can't be true: the gateway keeps no responses. Use \"stream\" for long answers");
  }
  fields.take_flag("store");  // the answer says that it was not
}

void decode_messages(RequestFields& fields, Request& request) {
  if (std::string instructions = fields.take_text("instructions"); !instructions.empty()) {
    request.messages.push_back({canonical::Role::System, {{canonical::Text{std::move(instructions)}, std::nullopt}}});
  }
  const Json* const input = fields.take("input");
  if (input != nullptr) decode_input(*input, request, fields.notes());
  if (request.messages.empty()) fields.reject("input", "must be a text or an array with at least one item");
}

void decode_tools(RequestFields& fields, Request& request) {
  const Json* const tools = fields.take("tools");
  if (tools != nullptr && !tools->is_array()) fields.reject("tools", "must be an array");
  if (tools != nullptr && tools->is_array()) decode_tool_list(*tools, "tools", request, fields.notes());
}

void add_extra(Request& request, const char* name, const char* client_name, Json value) {
  request.extras.push_back({name, client_name, std::move(value)});
}

void decode_reasoning(RequestFields& fields, Request& request) {
  const JsonBox reasoning = fields.take_object("reasoning");
  if (!reasoning) return;
  for (const auto& [name, value] : reasoning->items()) {
    const std::string field = "reasoning." + name;
    if (value.is_null()) continue;
    if (name != "effort") {
      fields.notes().drop(field);
    } else if (!value.is_string()) {
      fields.reject(field, "must be a string");
    } else if (const std::string word = value.get<std::string>(); canonical::is_effort(word)) {
      request.reasoning.effort = word;
    } else {
      fields.notes().drop(field);
    }
  }
}

void decode_format(const Json& format, RequestFields& fields, Request& request) {
  const std::string_view type = text_of(format, "type");
  if (type == "text") return;
  if (type == "json_object") {
    request.format = OutputFormat{};
  } else if (type != "json_schema") {
    fields.reject("text.format.type", "must be \"text\", \"json_object\" or \"json_schema\"");
  } else if (const Json* const schema = find_member(format, "schema"); schema == nullptr || !schema->is_object()) {
    fields.reject("text.format.schema", "must be a JSON Schema");
  } else {
    request.format = OutputFormat{OutputFormat::Kind::JsonSchema, std::string(text_of(format, "name")),
                                  std::string(text_of(format, "description")), *schema, flag_of(format, "strict")};
  }
}

void decode_text(RequestFields& fields, Request& request) {
  const JsonBox text = fields.take_object("text");
  if (!text) return;
  for (const auto& [name, value] : text->items()) {
    if (value.is_null()) continue;
    if (name == "format") {
      decode_format(value, fields, request);
    } else if (name == "verbosity") {
      add_extra(request, "verbosity", "text.verbosity", value);
    } else {
      fields.notes().drop("text." + name);
    }
  }
}

// Chat has `logprobs` beside their number; here the one is a word in `include`.
void decode_include(RequestFields& fields, Request& request) {
  constexpr double kTopMax = 20;
  const JsonBox top_logprobs = fields.take_number("top_logprobs", 0, kTopMax);
  const Json* const include = fields.take("include");
  if (include != nullptr && !include->is_array()) fields.reject("include", "must be an array of strings");
  bool is_word = false;
  for (const Json& word : include != nullptr && include->is_array() ? *include : Json::array()) {
    if (word == "message.output_text.logprobs") {
      is_word = true;
    } else if (word == "reasoning.encrypted_content") {
      request.encrypted_reasoning = true;
    } else {
      fields.notes().drop("include");
    }
  }
  if (is_word || top_logprobs) add_extra(request, "logprobs", is_word ? "include" : "top_logprobs", true);
  if (top_logprobs) add_extra(request, "top_logprobs", "top_logprobs", *top_logprobs);
}

void decode_stream(RequestFields& fields, Request& request) {
  request.stream = fields.take_flag("stream").value_or(false);
  const JsonBox options = fields.take_object("stream_options");
  if (!options) return;
  for (const auto& [name, value] : options->items()) {
    if (!value.is_null()) fields.notes().drop("stream_options." + name);
  }
}

void decode_identity(RequestFields& fields, Request& request) {
  request.metadata = fields.take_object("metadata");
  request.user = fields.take_text("user");
  request.safety_identifier = fields.take_text("safety_identifier");
  request.service_tier = fields.take_text("service_tier");
  const std::string key = fields.take_text("prompt_cache_key");
  if (!key.empty()) add_extra(request, "prompt_cache_key", "prompt_cache_key", key);
}

// All else is unknown, or has no counterpart at other vendors: truncation, max_tool_calls, prompt_cache_retention, ….
void drop_rest(RequestFields& fields) {
  Request rest;
  fields.take_rest(rest);
  for (const canonical::Extra& extra : rest.extras) fields.notes().drop(extra.client_name);
}

}  // namespace

Request decode_request(const Json& body, canonical::Notes& notes) {
  Request request;
  request.client = Dialect::Responses;
  request.responses_echo = echo_of(body);
  RequestFields fields(body, notes);
  refuse_stored(fields);
  request.model = fields.take_text("model");
  decode_tools(fields, request);
  decode_messages(fields, request);
  if (const Json* const choice = fields.take("tool_choice")) decode_tool_choice(*choice, request, notes);
  request.parallel_tool_calls = fields.take_flag("parallel_tool_calls");
  request.max_tokens = fields.take_count("max_output_tokens");
  request.temperature = fields.take_number("temperature", 0, 2);
  request.top_p = fields.take_number("top_p", 0, 1);
  decode_reasoning(fields, request);
  decode_text(fields, request);
  decode_include(fields, request);
  decode_stream(fields, request);
  decode_identity(fields, request);
  drop_rest(fields);
  return request;
}

}  // namespace aigw::protocol::responses
