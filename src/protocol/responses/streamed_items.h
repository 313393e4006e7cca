// The items of a response as its stream shows them, without loss (protocols.md §10.5).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

class StreamedItems {
 public:
  StreamedItems();
  ~StreamedItems();
  StreamedItems(const StreamedItems&) = delete;
  StreamedItems& operator=(const StreamedItems&) = delete;

  // An event about an item or a part of it; others are skipped, and so is what does not fit to what came before.
  void take(std::string_view type, const Json& event);

  // All items in the order of their places. Nothing can be taken behind that.
  Json take_output() &&;

 private:
  std::map<std::int64_t, Json> items_;  // by `output_index`
};

}  // namespace aigw::protocol::responses
