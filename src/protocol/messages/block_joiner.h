// One content block of a streamed message, put together again from its start and its deltas (protocols.md §13.3).
//
// Not thread-safe; one object per block. Holds the block, nothing else.
#pragma once

#include <string>

#include "protocol/json_box.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

class BlockJoiner {
 public:
  // `block`: the `content_block` of its start, an object.
  explicit BlockJoiner(Json block);

  // A delta whose type does not fit the block is ignored.
  void add(const Json& delta);

  // The whole block. Fragments of an input that was cut off are completed (§8).
  Json finish() &&;

 private:
  JsonBox block_;
  std::string input_;  // the fragments so far
};

}  // namespace aigw::protocol::messages
