#include "protocol/gemini/contents.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/canonical/arguments.h"
#include "protocol/canonical/media.h"
#include "protocol/canonical/server_block.h"
#include "protocol/gemini/media_part.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Media;
using canonical::Message;
using canonical::Part;
using canonical::Role;
using canonical::Text;
using canonical::Thinking;
using canonical::ToolCall;
using canonical::ToolResult;

// What Google's own SDKs send for a call that another model made: the call is taken without a proof of thinking.
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

// The text of a result as the object that Gemini wants.
Json response_of(const std::string& text, bool is_error) {
  if (is_error) return {{"error", text}};
  Result<Json> object = parse_object(text);
  if (object) return std::move(*object);
  // What is no object comes back as `{}` (blank), `{"value":…}` or `{"_raw":"…"}`.
  const Json wrapped = canonical::arguments_object(text);
  const Json* const value = find_member(wrapped, "value");
  const bool is_exact = value != nullptr && (!value->is_number() || dump(*value) == trim(text));
  return {{"output", is_exact ? *value : Json(text)}};
}

class ContentsWriter {
 public:
  ContentsWriter(const config::Capabilities& can, canonical::Notes& notes) : can_(can), notes_(notes) {}

  void add(const Message& message) {
    switch (message.role) {
      case Role::System: break;
      case Role::User: add_user(message); break;
      case Role::Assistant: add_assistant(message); break;
      case Role::Tool: add_results(message); break;
    }
  }

  Json take() { return std::move(contents_); }

 private:
  // Neighbours of one role are one content; a turn of which nothing is left is none.
  void append(const char* role, Json parts) {
    if (parts.empty()) return;
    if (contents_.empty() || contents_.back()["role"] != role) {
      contents_.push_back({{"role", role}, {"parts", std::move(parts)}});
      return;
    }
    for (Json& part : parts) contents_.back()["parts"].push_back(std::move(part));
  }

  void add_text(const std::string& text, Json& parts) {
    if (!text.empty()) parts.push_back({{"text", text}});
  }

  void add_media(const Media& media, Json& parts) {
    if (std::optional<Json> part = media_part(media, can_, notes_)) parts.push_back(std::move(*part));
  }

  void add_user(const Message& message) {
    Json parts = Json::array();
    for (const Part& part : message.parts) {
      if (const auto* text = canonical::as<Text>(part)) add_text(text->text, parts);
      if (const auto* media = canonical::as<Media>(part)) add_media(*media, parts);
    }
    append("user", std::move(parts));
  }

  void add_assistant(const Message& message);
  void add_call(const ToolCall& call, Json& parts);
  void add_results(const Message& message);
  Json result_part(const ToolResult& result, Json& media_parts);

  const config::Capabilities& can_;
  canonical::Notes& notes_;
  Json contents_ = Json::array();
  std::map<std::string, std::string> names_;  // of functions, by the latest call of that id
};

// Proofs that came with a part go back with it. Clients keep them as blocks of thinking in front of that part, or
// behind the last text; one that a call carries itself needs no second place.
class Signatures {
 public:
  explicit Signatures(const Message& message) {
    for (const Part& part : message.parts) {
      const auto* call = canonical::as<ToolCall>(part);
      if (call != nullptr && !call->google_signature.empty()) of_calls_.insert(call->google_signature);
    }
  }

  void take(const Thinking& thinking) {
    const bool is_google = thinking.vendor == canonical::Vendor::Google && !thinking.proof.empty();
    if (is_google && of_calls_.count(thinking.proof) == 0) pending_ = thinking.proof;
  }

  // To the parts from `first` on, of which the first one gets the proof.
  void put(Json& parts, std::size_t first) {
    if (pending_.empty() || parts.size() <= first) return;
    Json& part = parts[first];
    if (!part.contains("thoughtSignature")) part["thoughtSignature"] = pending_;
    pending_.clear();
  }

  void put_behind(Json& parts) {
    if (!parts.empty() && parts.back().contains("text")) put(parts, parts.size() - 1);
  }

 private:
  std::set<std::string> of_calls_;
  std::string pending_;
};

void ContentsWriter::add_assistant(const Message& message) {
  Json parts = Json::array();
  Json calls = Json::array();
  Signatures signatures(message);
  for (const Part& part : message.parts) {
    const std::size_t texts = parts.size();
    const std::size_t first_call = calls.size();
    if (const auto* thinking = canonical::as<Thinking>(part)) signatures.take(*thinking);
    if (const auto* text = canonical::as<Text>(part)) add_text(text->text, parts);
    if (const auto* refusal = canonical::as<canonical::Refusal>(part)) add_text(refusal->text, parts);
    if (const auto* block = canonical::as<canonical::ServerToolBlock>(part)) {
      if (block->block) add_text(canonical::server_block_text(*block->block), parts);
    }
    if (const auto* call = canonical::as<ToolCall>(part)) add_call(*call, calls);
    signatures.put(parts, texts);
    signatures.put(calls, first_call);
  }
  signatures.put_behind(parts);
  const bool lacks_signature = !calls.empty() && !calls.front().contains("thoughtSignature");
  if (can_.needs_thought_signature && lacks_signature) calls.front()["thoughtSignature"] = kNoSignature;
  for (Json& call : calls) parts.push_back(std::move(call));
  append("model", std::move(parts));
}

void ContentsWriter::add_call(const ToolCall& call, Json& parts) {
  Json args = call.custom ? Json{{"input", call.arguments}} : canonical::arguments_object(call.arguments);
  Json function = Json::object();
  if (!call.id.empty()) function["id"] = call.id;
  function["name"] = call.name;
  function["args"] = std::move(args);
  Json part = {{"functionCall", std::move(function)}};
  if (!call.google_signature.empty()) part["thoughtSignature"] = call.google_signature;
  parts.push_back(std::move(part));
  names_[call.id] = call.name;
}

// Images of results can't stand in a response: they follow behind the last one.
void ContentsWriter::add_results(const Message& message) {
  Json parts = Json::array();
  Json media_parts = Json::array();
  for (const Part& part : message.parts) {
    if (const auto* result = canonical::as<ToolResult>(part)) parts.push_back(result_part(*result, media_parts));
  }
  for (Json& part : media_parts) parts.push_back(std::move(part));
  append("user", std::move(parts));
}

Json ContentsWriter::result_part(const ToolResult& result, Json& media_parts) {
  std::string text;
  bool is_first = true;
  const auto add_line = [&](const std::string& line) {
    if (!std::exchange(is_first, false)) text += '\n';
    text += line;
  };
  for (const Part& part : result.content) {
    const auto* media = canonical::as<Media>(part);
    if (const auto* piece = canonical::as<Text>(part)) add_line(piece->text);
    if (media != nullptr && media->kind == Media::Kind::TextDocument) add_line(canonical::document_text(*media));
    if (media != nullptr && media->kind != Media::Kind::TextDocument) add_media(*media, media_parts);
  }
  const auto name = names_.find(result.call_id);
  Json response = Json::object();
  if (!result.call_id.empty()) response["id"] = result.call_id;
  response["name"] = name != names_.end() ? name->second : result.name;
  response["response"] = response_of(text, result.is_error);
  return {{"functionResponse", std::move(response)}};
}

}  // namespace

Json system_parts(const canonical::Request& request) {
  Json parts = Json::array();
  for (const Message& message : request.messages) {
    if (message.role != Role::System) continue;
    for (const Part& part : message.parts) {
      const auto* text = canonical::as<Text>(part);
      if (text == nullptr || text->text.empty()) continue;
      parts.push_back({{"text", text->text}});
    }
  }
  return parts;
}

Json contents(const canonical::Request& request, const config::Capabilities& can, canonical::Notes& notes) {
  ContentsWriter writer(can, notes);
  for (const Message& message : request.messages) writer.add(message);
  return writer.take();
}

}  // namespace aigw::protocol::gemini
