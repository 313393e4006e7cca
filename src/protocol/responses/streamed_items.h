// The items of a response as its stream shows them, without loss (protocols.md §10.5, §10.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_box.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

class StreamedItems {
 public:
  StreamedItems();
  ~StreamedItems();
  StreamedItems(const StreamedItems&) = delete;
  StreamedItems& operator=(const StreamedItems&) = delete;

  // An event about an item or a part of it; others are skipped, and so is what does not fit to what came before. Text
  // and reasoning that nothing announced begin their item.
  void take(std::string_view type, const Json& event);

  // All items in the order of their places, those without one last. Nothing can be taken behind that.
  Json take_output() &&;

 private:
  struct Item {
    JsonBox json;
    std::optional<std::int64_t> place;  // `output_index`
    bool done = false;
  };

  void take_item(const Json& event, bool is_done);
  Item* find(std::string_view type, std::string_view id, std::optional<std::int64_t> place);
  Item* add(Json item, std::optional<std::int64_t> place);

  std::vector<Item> items_;  // in the order of their first events
  // Their numbers.
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::map<std::pair<std::int64_t, std::string>, std::size_t> by_place_;  // and type: the last one there
};

}  // namespace aigw::protocol::responses
