#include "protocol/chat/message_decoder.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/chat/content_decoder.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Message;
using canonical::Notes;
using canonical::Part;
using canonical::Role;
using canonical::Text;
using canonical::Thinking;
using canonical::ToolCall;
using canonical::ToolResult;
using canonical::Vendor;

bool says_nothing(const Part& part) {
  const auto* text = canonical::as<Text>(part);
  return text != nullptr && text->text.empty();
}

void append_parts(std::vector<Part>& parts, std::vector<Part> more) {
  std::move(more.begin(), more.end(), std::back_inserter(parts));
}

class MessagesDecoder {
 public:
  MessagesDecoder(canonical::Request& request, Notes& notes) : request_(request), notes_(notes) {}

  void add(const Json& message, std::size_t number) {
    path_ = "messages[" + std::to_string(number) + "]";
    if (!message.is_object()) return notes_.reject(path_, "\"" + path_ + "\" must be an object.");
    const std::string_view role = text_of(message, "role");
    if (role == "system" || role == "developer") return add_system(message);
    if (role == "user") return add_message(Role::User, content(message, PartSet::Media), message);
    if (role == "assistant") return add_assistant(message);
    if (role == "tool") return add_result(message);
    if (role == "function") return add_function_result(message);
    notes_.reject(path_ + ".role", "\"" + path_ + ".role\" must be \"system\", \"developer\", \"user\", \"assistant\" "
                                   "or \"tool\".");
  }

 private:
  // A call, and whether a legacy `function` message has answered it.
  struct Call {
    std::string id;
    std::string name;
    bool answered = false;
  };

  std::vector<Part> content(const Json& message, PartSet allowed) {
    return decode_content(message, allowed, path_, notes_);
  }

  void add_message(Role role, std::vector<Part> parts, const Json& message) {
    if (role == Role::User && has_member(message, "name")) notes_.drop("name");
    if (parts.empty()) return;
    // The mark of a message is that of its last block (§3.10); thinking carries none.
    const bool takes_mark = canonical::as<Thinking>(parts.back()) == nullptr;
    if (const auto mark = decode_mark(message); mark && takes_mark) parts.back().cache = mark;
    request_.messages.push_back({role, std::move(parts)});
  }

  void add_system(const Json& message) {
    std::vector<Part> parts = content(message, PartSet::Text);
    std::erase_if(parts, says_nothing);
    if (parts.empty()) return;
    add_message(Role::System, std::move(parts), message);
    request_.messages.back().developer = text_of(message, "role") == "developer";
  }

  void add_assistant(const Json& message) {
    std::vector<Part> parts = reasoning(message);
    for (const Json& block : items_of(message, "server_tool_blocks")) {
      parts.push_back({canonical::ServerToolBlock{block}, std::nullopt});
    }
    std::vector<Part> text = content(message, PartSet::Refusal);
    std::erase_if(text, says_nothing);
    const std::string_view refusal = text_of(message, "refusal");
    if (text.empty() && !refusal.empty()) text.push_back({canonical::Refusal{std::string(refusal)}, std::nullopt});
    append_parts(parts, std::move(text));
    for (const Json& call : items_of(message, "tool_calls")) add_call(call, parts);
    if (const Json& function = members_of(message, "function_call"); !function.empty()) {
      add_function_call(function, parts);
    }
    add_message(Role::Assistant, std::move(parts), message);
  }

  // The blocks with their proofs; text without proof only where there are none: it would be the same text again.
  std::vector<Part> reasoning(const Json& message) {
    std::vector<Part> parts;
    for (const Json& block : items_of(message, "thinking_blocks")) {
      const std::string_view type = text_of(block, "type");
      const bool is_redacted = type == "redacted_thinking";
      if (!is_redacted && type != "thinking") continue;
      canonical::Proof proof =
          canonical::unseal(text_of(block, is_redacted ? "data" : "signature"), Vendor::Anthropic);
      if (proof.data.empty()) proof.vendor = Vendor::None;
      parts.push_back({Thinking{std::string(text_of(block, "thinking")), proof.vendor, std::move(proof.data),
                                is_redacted || proof.redacted},
                       std::nullopt});
    }
    if (!parts.empty()) return parts;
    const std::string_view text =
        has_member(message, "reasoning_content") ? text_of(message, "reasoning_content") : text_of(message, "reasoning");
    if (!text.empty()) parts.push_back({Thinking{std::string(text), Vendor::None, "", false}, std::nullopt});
    return parts;
  }

  void add_call(const Json& call, std::vector<Part>& parts) {
    const bool is_custom = text_of(call, "type") == "custom";
    const Json& callee = members_of(call, is_custom ? "custom" : "function");
    if (text_of(callee, "name").empty()) {
      const std::string param = path_ + ".tool_calls";
      return notes_.reject(param, "\"" + param + "\" must be an array of calls, each with the name of its function.");
    }
    ToolCall decoded = named_call(callee, is_custom ? "input" : "arguments");
    decoded.id = text_of(call, "id");
    decoded.custom = is_custom;
    const Json& extra = members_of(call, "extra_content");
    decoded.google_signature = text_of(members_of(extra, "google"), "thought_signature");
    keep(std::move(decoded), parts);
  }

  // A call of the legacy API has no id: one that is the same whenever the same conversation comes again is made up.
  void add_function_call(const Json& function, std::vector<Part>& parts) {
    ToolCall decoded = named_call(function, "arguments");
    decoded.id = "call_function_" + std::to_string(calls_.size());
    keep(std::move(decoded), parts);
  }

  static ToolCall named_call(const Json& callee, std::string_view input) {
    ToolCall call;
    call.name = text_of(callee, "name");
    const Json* const arguments = find_member(callee, input);
    const bool is_tree = arguments != nullptr && (arguments->is_object() || arguments->is_array());
    call.arguments = is_tree ? dump(*arguments) : std::string(text_of(callee, input));
    return call;
  }

  void keep(ToolCall call, std::vector<Part>& parts) {
    calls_.push_back({call.id, call.name, false});
    parts.push_back({std::move(call), std::nullopt});
  }

  void add_result(const Json& message) {
    ToolResult result;
    result.call_id = text_of(message, "tool_call_id");
    push_result(std::move(result), message);
  }

  // Answers the latest call of that name that has no answer yet (§4.2).
  void add_function_result(const Json& message) {
    ToolResult result;
    result.name = text_of(message, "name");
    result.call_id = result.name;
    const auto call = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& candidate) {
      return candidate.name == result.name && !candidate.answered;
    });
    if (call != calls_.rend()) {
      call->answered = true;
      result.call_id = call->id;
    }
    push_result(std::move(result), message);
  }

  void push_result(ToolResult result, const Json& message) {
    result.content = content(message, PartSet::Media);
    std::erase_if(result.content, says_nothing);
    std::vector<Part> parts;
    parts.push_back({std::move(result), std::nullopt});
    add_message(Role::Tool, std::move(parts), message);
  }

  canonical::Request& request_;
  Notes& notes_;
  std::vector<Call> calls_;
  std::string path_;
};

}  // namespace

void decode_messages(const Json* messages, canonical::Request& request, Notes& notes) {
  if (messages == nullptr || !messages->is_array() || messages->empty()) {
    return notes.reject("messages", "\"messages\" must be an array with at least one message.");
  }
  MessagesDecoder decoder(request, notes);
  for (std::size_t i = 0; i < messages->size(); ++i) decoder.add((*messages)[i], i);
}

}  // namespace aigw::protocol::chat
