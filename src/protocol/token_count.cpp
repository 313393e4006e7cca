#include "protocol/token_count.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/facts.h"
#include "protocol/json_read.h"

namespace aigw::protocol {
namespace {

using canonical::Media;
using canonical::Part;
using canonical::Role;

constexpr std::int64_t kTokensPerMessage = 4;
constexpr std::int64_t kTokensPerImage = 1600;

// Adds up what the parts of a message hold.
struct PromptSize {
  std::size_t bytes = 0;
  std::int64_t images = 0;

  void add(const std::vector<Part>& parts) {
    for (const Part& part : parts) std::visit(*this, part.content);
  }
  void operator()(const canonical::Text& text) { bytes += text.text.size(); }
  void operator()(const canonical::Refusal& refusal) { bytes += refusal.text.size(); }
  void operator()(const canonical::Thinking& thinking) { bytes += thinking.text.size(); }
  void operator()(const canonical::ToolCall& call) { bytes += call.name.size() + call.arguments.size(); }
  void operator()(const canonical::ToolResult& result) { add(result.content); }
  void operator()(const canonical::ServerToolBlock& block) { bytes += dump(block.block.value_or_null()).size(); }
  void operator()(const Media& media) {
    // A document's pages are images to a model; how many there are is not known.
    if (media.source == Media::Source::Text) bytes += media.data.size();
    else ++images;
  }
};

}  // namespace

std::int64_t estimated_tokens(const canonical::Request& request) {
  PromptSize size;
  // Messages are counted as the client wrote them: system text is none, results and what a user says behind them are
  // one.
  std::int64_t messages = 0;
  Role before = Role::System;
  for (const canonical::Message& message : request.messages) {
    size.add(message.parts);
    const bool goes_on = message.role == Role::User && before == Role::Tool;
    if (message.role != Role::System && !goes_on) ++messages;
    before = message.role;
  }
  for (const canonical::Tool& tool : request.tools) {
    size.bytes += tool.name.size() + tool.description.size();
    if (tool.parameters) size.bytes += dump(*tool.parameters).size();
    if (tool.raw) size.bytes += dump(*tool.raw).size();
  }
  return estimate_tokens(size.bytes) + kTokensPerImage * size.images +
         kTokensPerMessage * messages;
}

std::string token_count_answer(std::int64_t tokens) { return dump({{"input_tokens", tokens}}); }

Result<std::string> token_count_answer(Dialect provider, std::string_view answer) {
  const Result<Json> tree = parse_object(answer);
  if (!tree) return tree.error();
  const char* const name = provider == Dialect::Gemini ? "totalTokens" : "input_tokens";
  const std::optional<std::int64_t> tokens = integer_of(*tree, name);
  if (!tokens) return Error{ErrorKind::Garbled, std::string("the answer has no \"") + name + '"'};
  return token_count_answer(*tokens);
}

}  // namespace aigw::protocol
