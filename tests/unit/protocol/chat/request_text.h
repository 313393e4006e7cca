// Canonical requests as text that a person can read, for comparing what a decoder understood.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

std::string describe(const std::vector<canonical::Part>& parts);

struct PartText {
  std::string operator()(const canonical::Text& text) const { return "text " + text.text; }
  std::string operator()(const canonical::Refusal& refusal) const { return "refusal " + refusal.text; }
  std::string operator()(const canonical::Media& media) const {
    constexpr const char* kKinds[] = {"image", "document", "text-document", "audio"};
    constexpr const char* kSources[] = {"base64", "url", "text", "id"};
    std::string line = std::string(kKinds[static_cast<int>(media.kind)]) + " " +
                       kSources[static_cast<int>(media.source)] + " " + media.media_type + " " + media.data;
    for (const std::string& more : {media.name, media.context, media.detail}) {
      if (!more.empty()) line += " " + more;
    }
    return line;
  }
  std::string operator()(const canonical::Thinking& thinking) const {
    return "thinking " + thinking.text + " " + std::to_string(static_cast<int>(thinking.vendor)) + ":" +
           thinking.proof + (thinking.redacted ? " redacted" : "");
  }
  std::string operator()(const canonical::ToolCall& call) const {
    return "call " + call.id + " " + call.name + " " + call.arguments + (call.custom ? " custom" : "") +
           (call.google_signature.empty() ? "" : " signed " + call.google_signature);
  }
  std::string operator()(const canonical::ToolResult& result) const {
    return "result " + result.call_id + " " + (result.name.empty() ? "" : result.name + " ") + "(" +
           describe(result.content) + ")";
  }
  std::string operator()(const canonical::ServerToolBlock& server) const { return "server " + dump(*server.block); }
};

// The parts in one line; a cache mark is a `*` with its lifetime behind the part.
inline std::string describe(const std::vector<canonical::Part>& parts) {
  std::string line;
  for (const canonical::Part& part : parts) {
    if (!line.empty()) line += ", ";
    line += std::visit(PartText{}, part.content);
    if (part.cache) line += " *" + part.cache->ttl;
  }
  return line;
}

// One line a message.
inline std::string describe(const std::vector<canonical::Message>& messages) {
  constexpr const char* kRoles[] = {"system", "user", "assistant", "tool"};
  std::string lines;
  for (const canonical::Message& message : messages) {
    lines += std::string(kRoles[static_cast<int>(message.role)]) + ": " + describe(message.parts) + "\n";
  }
  return lines;
}

}  // namespace aigw::protocol
