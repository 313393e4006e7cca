#include "protocol/responses/streamed_items.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

// A text that grows by `….delta` and is repeated whole by `….done`.
struct Growing {
  std::string_view event;
  std::string_view list;   // member of the item that holds its part; "": the text stands in the item itself
  std::string_view index;  // member of the event that numbers the part
  std::string_view text;   // member that holds the text
  std::string_view whole;  // the same in the event that repeats it
};

constexpr Growing kGrowing[] = {
    {"response.output_text", "content", "content_index", "text", "text"},
    {"response.refusal", "content", "content_index", "refusal", "refusal"},
    {"response.reasoning_text", "content", "content_index", "text", "text"},
    {"response.reasoning_summary_text", "summary", "summary_index", "text", "text"},
    {"response.function_call_arguments", "", "", "arguments", "arguments"},
    {"response.custom_tool_call_input", "", "", "input", "input"},
};

// The place of that number in a list, made if it is the next one; null for any other.
Json* element(Json& item, std::string_view list, std::optional<std::int64_t> number) {
  Json& elements = item[std::string(list)];
  if (elements.is_null()) elements = Json::array();
  if (!elements.is_array() || !number || *number < 0) return nullptr;
  const auto index = static_cast<std::size_t>(*number);
  if (index == elements.size()) elements.push_back(Json::object());
  return index < elements.size() ? &elements[index] : nullptr;
}

void grow(Json& item, const Growing& growing, const Json& event, bool is_delta) {
  Json* const holder = growing.list.empty() ? &item : element(item, growing.list, integer_of(event, growing.index));
  if (holder == nullptr || !holder->is_object()) return;
  Json& text = (*holder)[std::string(growing.text)];
  const std::string_view piece = text_of(event, is_delta ? "delta" : growing.whole);
  if (!text.is_string()) text = "";
  if (is_delta) {
    text.get_ref<std::string&>() += piece;
  } else if (!piece.empty()) {
    text = piece;
  }
}

void put_part(Json& item, std::string_view list, std::string_view index, const Json& event) {
  const Json* const part = find_member(event, "part");
  Json* const place = element(item, list, integer_of(event, index));
  if (part != nullptr && place != nullptr) *place = *part;
}

void add_annotation(Json& item, const Json& event) {
  const Json* const annotation = find_member(event, "annotation");
  Json* const part = element(item, "content", integer_of(event, "content_index"));
  if (annotation == nullptr || part == nullptr || !part->is_object()) return;
  Json& annotations = (*part)["annotations"];
  if (annotations.is_null()) annotations = Json::array();
  if (annotations.is_array()) annotations.push_back(*annotation);
}

}  // namespace

StreamedItems::StreamedItems() = default;
StreamedItems::~StreamedItems() = default;

void StreamedItems::take(std::string_view type, const Json& event) {
  const std::optional<std::int64_t> index = integer_of(event, "output_index");
  if (!index) return;
  if (type == "response.output_item.added" || type == "response.output_item.done") {
    if (const Json& item = members_of(event, "item"); !item.empty()) items_[*index] = item;
    return;
  }
  const auto found = items_.find(*index);
  if (found == items_.end()) return;
  Json& item = found->second;
  if (starts_with(type, "response.content_part.")) return put_part(item, "content", "content_index", event);
  if (starts_with(type, "response.reasoning_summary_part.")) return put_part(item, "summary", "summary_index", event);
  if (type == "response.output_text.annotation.added") return add_annotation(item, event);
  const std::size_t dot = std::min(type.rfind('.'), type.size());
  const std::string_view end = type.substr(dot);
  const auto growing = std::find_if(std::begin(kGrowing), std::end(kGrowing),
                                    [&](const Growing& row) { return row.event == type.substr(0, dot); });
  if (growing != std::end(kGrowing) && (end == ".delta" || end == ".done")) {
    grow(item, *growing, event, end == ".delta");
  }
}

Json StreamedItems::take_output() && {
  Json output = Json::array();
  for (auto& [index, item] : items_) output.push_back(std::move(item));
  return output;
}

}  // namespace aigw::protocol::responses
