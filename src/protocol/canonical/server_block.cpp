#include "protocol/canonical/server_block.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::string_view kResult = "_tool_result";
constexpr std::size_t kTextBytesMax = 2000;  // of one text in a result: it is told in short

void append_item(std::string& items, const std::string& item) {
  if (item.empty()) return;
  if (!items.empty()) items += "; ";
  items += item;
}

// What a person would want to know of one piece of a result: where it comes from, or else what it says.
std::string item_of(const Json& piece) {
  const std::string_view title = text_of(piece, "title");
  const std::string_view url = text_of(piece, "url");
  if (!title.empty() && !url.empty()) return std::string(title) + " (" + std::string(url) + ")";
  if (!url.empty()) return std::string(url);
  for (const char* name : {"text", "stdout", "stderr", "error_code", "title"}) {
    if (const std::string_view text = text_of(piece, name); !text.empty()) return shorten(text, kTextBytesMax);
  }
  return "";
}

std::string items_in(const Json& content) {
  if (content.is_string()) return shorten(content.get_ref<const std::string&>(), kTextBytesMax);
  std::string items = item_of(content);
  if (!content.is_array()) return items;
  for (const Json& piece : content) append_item(items, item_of(piece));
  return items;
}

}  // namespace

std::string server_block_text(const Json& block) {
  const std::string_view type = text_of(block, "type");
  const std::size_t end = type.find(kResult);
  const Json* const content = find_member(block, "content");
  if (end == std::string_view::npos || content == nullptr) return "";
  std::string kind(type.substr(0, end));
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return "\n[" + kind + ": " + items_in(*content) + "]\n";
}

}  // namespace aigw::protocol::canonical
