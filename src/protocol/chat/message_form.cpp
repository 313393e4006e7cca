#include "protocol/chat/message_form.h"

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/canonical/call_ids.h"
#include "protocol/canonical/proof.h"

namespace aigw::protocol::chat {

using canonical::Vendor;

Json thinking_block(std::string_view text, const canonical::ReasoningEnd& end) {
  const bool is_native = end.vendor == Vendor::Anthropic;
  const std::string proof = is_native ? std::string(end.proof) : canonical::seal(end.vendor, end.proof, end.redacted);
  if (end.redacted) return {{"type", "redacted_thinking"}, {"data", proof}};
  return {{"type", "thinking"}, {"thinking", text}, {"signature", proof}};
}

Json call_object(const canonical::CallBegin& call) {
  const std::string id = call.id.empty() ? canonical::make_call_id(Dialect::Chat) : std::string(call.id);
  Json object = {{"id", id}, {"type", call.custom ? "custom" : "function"}};
  if (call.custom) {
    object["custom"] = {{"name", call.name}, {"input", ""}};
  } else {
    object["function"] = {{"name", call.name}, {"arguments", ""}};
  }
  if (!call.google_signature.empty()) {
    object["extra_content"] = {{"google", {{"thought_signature", call.google_signature}}}};
  }
  return object;
}

}  // namespace aigw::protocol::chat
