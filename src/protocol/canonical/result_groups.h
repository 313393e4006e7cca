// Tool results brought to the calls that they answer: repairs 1 to 4 of protocols.md §3.1, and the merging of assistant
// neighbours that belongs between them.
#pragma once

#include <vector>

#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

struct Turn {
  Message message;
  // Results stood directly in front of it, and have moved. They are a border: an assistant turn behind it stays a turn
  // of its own, even where it has come to stand behind another one.
  bool behind_results = false;
};

// Afterwards each assistant turn with calls is followed at once by one Tool message with exactly one result for each
// call, in the order of the calls; only calls of the very last message are open. Results of no earlier call are user
// text at their place; of several results for one call the first counts. Where an id came back in a later turn, a
// result belongs to the latest call that has none.
std::vector<Turn> group_results(std::vector<Message> messages);

}  // namespace aigw::protocol::canonical
