// Which tool call a streamed piece belongs to, for all who read a Chat stream (protocols.md §9.2 rule 5, §13.1 rule 4).
//
// Not thread-safe; one object for each choice of an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/arguments.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

// Holds ids and a few numbers for each call, no arguments. A piece takes no longer for the arguments before it.
class CallPieces {
 public:
  // The number of the call that the piece (an element of `delta.tool_calls`, an object) belongs to: 0, 1, 2 … in the
  // order of first pieces, so the next number is a new call. Nothing: there are too many calls.
  std::optional<std::size_t> place(const Json& piece);

  // The number of a new call, for one that comes whole or in the legacy form. Nothing: there are too many calls.
  std::optional<std::size_t> begin();

 private:
  struct Call {
    std::optional<std::int64_t> index;
    std::string id;
    canonical::ArgumentsScan scan;
  };

  const Call* find(std::optional<std::int64_t> index, std::string_view id) const;
  // The call that the piece goes on with, null for a new one.
  const Call* continued(const Json& piece) const;

  std::vector<Call> calls_;
};

// A tool that takes free text instead of arguments.
bool is_custom_call(const Json& piece);

// `function` or `custom` of a piece or a whole call; empty where there is none.
const Json& callee_of(const Json& piece);

// What a callee brings as arguments. Some servers send the tree itself.
std::string input_of(const Json& callee);

}  // namespace aigw::protocol
