#include "protocol/messages/block_joiner.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "protocol/canonical/arguments.h"
#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

void append_text(Json& block, const char* name, std::string_view piece) {
  Json& text = block[name];
  if (!text.is_string()) text = "";
  text.get_ref<std::string&>() += piece;
}

bool takes_input(std::string_view block_type) {
  return block_type == "tool_use" || block_type == "server_tool_use" || block_type == "mcp_tool_use";
}

}  // namespace

BlockJoiner::BlockJoiner(Json block) : block_(std::move(block)) {}

void BlockJoiner::add(const Json& delta) {
  const std::string_view kind = text_of(delta, "type");
  const std::string_view type = text_of(*block_, "type");
  if (kind == "text_delta" && type == "text") {
    append_text(*block_, "text", text_of(delta, "text"));
  } else if (kind == "thinking_delta" && type == "thinking") {
    append_text(*block_, "thinking", text_of(delta, "thinking"));
  } else if (kind == "signature_delta" && type == "thinking") {
    (*block_)["signature"] = text_of(delta, "signature");
  } else if (kind == "citations_delta" && type == "text") {
    Json& citations = (*block_)["citations"];
    if (!citations.is_array()) citations = Json::array();
    if (has_member(delta, "citation")) citations.push_back(*find_member(delta, "citation"));
  } else if (kind == "input_json_delta" && takes_input(type)) {
    input_ += text_of(delta, "partial_json");
  }
}

Json BlockJoiner::finish() && {
  if (!trim(input_).empty()) (*block_)["input"] = canonical::completed_arguments(input_);
  return std::move(*block_);
}

}  // namespace aigw::protocol::messages
