#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/extras.h"
#include "protocol/gemini/contents.h"
#include "protocol/gemini/gemini.h"
#include "protocol/gemini/generation_config.h"
#include "protocol/gemini/tools.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Message;
using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;
using canonical::Role;

// What both methods take: who says what, and what can be called.
Json conversation(const Request& request, const Target& target, ReplyRules& rules, Notes& notes) {
  Json body = Json::object();
  Json system = system_parts(request);
  if (asks_for_form_in_words(request, target)) {
    system.push_back({{"text", form_in_words(*request.format)}});
    rules.strip_fence = true;
  }
  if (!system.empty()) body["systemInstruction"] = {{"parts", std::move(system)}};
  body["contents"] = contents(request, target.can, notes);
  Json declarations = function_declarations(request, target, rules);
  if (!declarations.empty()) {
    body["tools"] = Json::array({Json{{"functionDeclarations", std::move(declarations)}}});
  }
  return body;
}

void check_last_turn(const Request& request, const Target& target, Notes& notes) {
  const bool is_prefill = !request.messages.empty() && request.messages.back().role == Role::Assistant;
  if (is_prefill && !target.can.prefill) {
    notes.reject("messages", "This model does not go on with an assistant message: let a user message be the last.");
  }
}

// What is left has no word in Gemini's language.
void drop_rest(const Request& request, Notes& notes) {
  const bool is_messages = request.client == Dialect::Messages;
  if (!request.user.empty()) notes.drop("user");
  if (!request.safety_identifier.empty()) notes.drop(is_messages ? "metadata.user_id" : "safety_identifier");
  if (!request.service_tier.empty()) notes.drop("service_tier");
  if (request.metadata) notes.drop("metadata");
  canonical::drop_extras(request, notes);
}

}  // namespace

Json encode_request(Request request, const Target& target, ReplyRules& rules, Notes& notes) {
  check_last_turn(request, target, notes);
  fit_tools(request, target, notes);
  Json body = conversation(request, target, rules, notes);
  if (Json calling = calling_config(request); !calling.is_null()) {
    body["toolConfig"] = {{"functionCallingConfig", std::move(calling)}};
  }
  if (Json config = generation_config(request, target, notes); !config.empty()) {
    body["generationConfig"] = std::move(config);
  }
  drop_rest(request, notes);
  return body;
}

Json encode_count_request(Request request, const Target& target, ReplyRules& rules, Notes& notes) {
  fit_tools(request, target, notes);
  const bool is_path = contains(target.model, "/");
  Json counted = {{"model", is_path ? target.model : "models/" + target.model}};
  counted.update(conversation(request, target, rules, notes));
  return {{"generateContentRequest", std::move(counted)}};
}

}  // namespace aigw::protocol::gemini
