#include "protocol/responses/streamed_items.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"

namespace aigw::protocol::responses {
namespace {

// A text that grows by `….delta` and is repeated whole by `….done`.
struct Growing {
  std::string_view event;
  std::string_view item;   // the type of item that has it
  std::string_view list;   // member of the item that holds its part; "": the text stands in the item itself
  std::string_view index;  // member of the event that numbers the part
  std::string_view part;   // the type of part
  std::string_view text;   // member that holds the text, and repeats it in the event
};

constexpr Growing kGrowing[] = {
    {"response.output_text", "message", "content", "content_index", "output_text", "text"},
    {"response.refusal", "message", "content", "content_index", "refusal", "refusal"},
    {"response.reasoning_text", "reasoning", "content", "content_index", "reasoning_text", "text"},
    {"response.reasoning_summary_text", "reasoning", "summary", "summary_index", "summary_text", "text"},
    {"response.function_call_arguments", "function_call", "", "", "", "arguments"},
    {"response.custom_tool_call_input", "custom_tool_call", "", "", "", "input"},
};

// A part that nothing announced.
Json empty_part(std::string_view type) {
  if (type == "refusal") return {{"type", type}, {"refusal", ""}};
  Json part = {{"type", type}, {"text", ""}};
  if (type == "output_text") part["annotations"] = Json::array();
  return part;
}

// The place of that number in a list, made if it is the next one; null for any other.
Json* element(Json& item, std::string_view list, std::optional<std::int64_t> number, std::string_view part) {
  Json& elements = item[std::string(list)];
  if (elements.is_null()) elements = Json::array();
  if (!elements.is_array() || !number || *number < 0) return nullptr;
  const auto index = static_cast<std::size_t>(*number);
  if (index == elements.size()) elements.push_back(empty_part(part));
  return index < elements.size() ? &elements[index] : nullptr;
}

void grow(Json& item, const Growing& growing, const Json& event, bool is_delta) {
  Json* const holder = growing.list.empty()
                           ? &item
                           : element(item, growing.list, integer_of(event, growing.index), growing.part);
  if (holder == nullptr || !holder->is_object()) return;
  Json& text = (*holder)[std::string(growing.text)];
  const std::string_view piece = text_of(event, is_delta ? "delta" : growing.text);
  if (!text.is_string()) text = "";
  if (is_delta) {
    text.get_ref<std::string&>() += piece;
  } else if (!piece.empty()) {
    text = piece;
  }
}

void put_part(Json& item, std::string_view list, std::string_view index, const Json& event) {
  const Json& part = members_of(event, "part");
  Json* const place = element(item, list, integer_of(event, index), text_of(part, "type"));
  if (!part.empty() && place != nullptr) *place = part;
}

void add_annotation(Json& item, const Json& event) {
  const Json* const annotation = find_member(event, "annotation");
  Json* const part = element(item, "content", integer_of(event, "content_index"), "output_text");
  if (annotation == nullptr || part == nullptr || !part->is_object()) return;
  Json& annotations = (*part)["annotations"];
  if (annotations.is_null()) annotations = Json::array();
  if (annotations.is_array()) annotations.push_back(*annotation);
}

// The type of item that an event inside an item is about, "" for an event that is about none.
std::string_view item_type_of(std::string_view type, const Json& event, const Growing* growing) {
  if (growing != nullptr) return growing->item;
  if (starts_with(type, "response.reasoning_summary_part.")) return "reasoning";
  if (type == "response.output_text.annotation.added") return "message";
  if (!starts_with(type, "response.content_part.")) return {};
  return text_of(members_of(event, "part"), "type") == "reasoning_text" ? "reasoning" : "message";
}

// The row of `….delta` and `….done`, null for other events.
const Growing* growing_of(std::string_view type) {
  const std::size_t dot = std::min(type.rfind('.'), type.size());
  const std::string_view end = type.substr(dot);
  if (end != ".delta" && end != ".done") return nullptr;
  const auto row = std::find_if(std::begin(kGrowing), std::end(kGrowing),
                                [&](const Growing& one) { return one.event == type.substr(0, dot); });
  return row == std::end(kGrowing) ? nullptr : row;
}

// An item that nothing announced; null for one that can't be made up, as a call without a name.
Json begun_item(std::string_view type, std::string_view id) {
  Json item = {{"id", id}, {"type", type}};
  if (type == "reasoning") item["summary"] = Json::array();
  if (type == "message") item.update({{"role", "assistant"}, {"status", "completed"}, {"content", Json::array()}});
  return type == "reasoning" || type == "message" ? item : Json();
}

}  // namespace

StreamedItems::StreamedItems() = default;
StreamedItems::~StreamedItems() = default;

void StreamedItems::take(std::string_view type, const Json& event) {
  if (type == "response.output_item.added") return take_item(event, false);
  if (type == "response.output_item.done") return take_item(event, true);
  const Growing* const growing = growing_of(type);
  const std::string_view item_type = item_type_of(type, event, growing);
  if (item_type.empty()) return;
  const std::string_view id = text_of(event, "item_id");
  const std::optional<std::int64_t> place = integer_of(event, "output_index");
  Item* found = find(item_type, id, place);
  if (found == nullptr) found = add(begun_item(item_type, id), place);
  if (found == nullptr) return;
  Json& item = *found->json;
  if (growing != nullptr) return grow(item, *growing, event, ends_with(type, ".delta"));
  if (type == "response.output_text.annotation.added") return add_annotation(item, event);
  const bool is_summary = starts_with(type, "response.reasoning_summary_part.");
  put_part(item, is_summary ? "summary" : "content", is_summary ? "summary_index" : "content_index", event);
}

void StreamedItems::take_item(const Json& event, bool is_done) {
  const Json& whole = members_of(event, "item");
  if (whole.empty()) return;
  const std::string_view id = text_of(whole, "id");
  const std::optional<std::int64_t> place = integer_of(event, "output_index");
  // One that begins is told by its id alone: some servers give each item the same place.
  Item* item = find(text_of(whole, "type"), id, is_done || id.empty() ? place : std::nullopt);
  if (item == nullptr) {
    item = add(whole, place);
  } else {
    item->json = whole;
  }
  item->done = is_done;
}

// By its id; an item without one, and servers that write another id into each event, by the place, where nothing
// follows an item that is done.
StreamedItems::Item* StreamedItems::find(std::string_view type, std::string_view id,
                                         std::optional<std::int64_t> place) {
  if (const auto known = by_id_.find(id); !id.empty() && known != by_id_.end()) return &items_[known->second];
  const auto known = place ? by_place_.find({*place, std::string(type)}) : by_place_.end();
  return known == by_place_.end() || items_[known->second].done ? nullptr : &items_[known->second];
}

// Null for what is no item.
StreamedItems::Item* StreamedItems::add(Json item, std::optional<std::int64_t> place) {
  if (!item.is_object()) return nullptr;
  const std::size_t number = items_.size();
  if (const std::string_view id = text_of(item, "id"); !id.empty()) by_id_.emplace(id, number);
  if (place) by_place_[{*place, std::string(text_of(item, "type"))}] = number;
  items_.push_back({std::move(item), place, false});
  return &items_.back();
}

Json StreamedItems::take_output() && {
  const auto place_of = [](const Item& item) { return item.place.value_or(std::numeric_limits<std::int64_t>::max()); };
  std::stable_sort(items_.begin(), items_.end(),
                   [&](const Item& a, const Item& b) { return place_of(a) < place_of(b); });
  Json output = Json::array();
  for (Item& item : items_) output.push_back(std::move(*item.json));
  return output;
}

}  // namespace aigw::protocol::responses
