#include "protocol/canonical/turns.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/canonical/proof.h"
#include "protocol/canonical/result_groups.h"

namespace aigw::protocol::canonical {
namespace {

using Turns = std::vector<Turn>;

bool is_system(const Turn& turn) { return turn.message.role == Role::System; }

// Where the instructions in front end.
Turns::iterator after_instructions(Turns& turns) { return std::find_if_not(turns.begin(), turns.end(), is_system); }

bool says_something(const Part& part, Dialect to) {
  if (const Text* const text = as<Text>(part)) return !is_blank(text->text);
  if (const Refusal* const refusal = as<Refusal>(part)) return !is_blank(refusal->text);
  if (const Thinking* const thinking = as<Thinking>(part)) return takes_back(to, *thinking);
  return true;
}

// Gemini has proofs on parts only: alone they are nothing.
bool is_empty(const Message& message, Dialect to) {
  const auto is_thinking = [](const Part& part) { return as<Thinking>(part) != nullptr; };
  return message.parts.empty() ||
         (to == Dialect::Gemini && std::all_of(message.parts.begin(), message.parts.end(), is_thinking));
}

// Repair 7, and the reasoning that the target does not take back.
void drop_blanks(Turns& turns, Dialect to) {
  Turns kept;
  kept.reserve(turns.size());
  bool behind_results = false;
  for (Turn& turn : turns) {
    std::vector<Part>& parts = turn.message.parts;
    const auto is_void = [&](const Part& part) { return !says_something(part, to); };
    parts.erase(std::remove_if(parts.begin(), parts.end(), is_void), parts.end());
    turn.behind_results = std::exchange(behind_results, false) || turn.behind_results;
    if (is_empty(turn.message, to)) {
      behind_results = turn.behind_results;
    } else {
      kept.push_back(std::move(turn));
    }
  }
  turns = std::move(kept);
}

// A later system message as a user's text; its mark for a cache is that of its end.
void wrap_system(Message& message) {
  std::string text = "<system>";
  bool is_first = true;
  for (const Part& part : message.parts) {
    if (!std::exchange(is_first, false)) text += '\n';
    if (const Text* const piece = as<Text>(part)) text += piece->text;
  }
  Part part{Text{text + "</system>"}, message.parts.back().cache};
  message.role = Role::User;
  message.parts.clear();
  message.parts.push_back(std::move(part));
}

// §4.2: `mid_system` allows later system messages behind a user's turn and before the assistant's, or at the end.
void settle_systems(Turns& turns, bool mid_system) {
  auto begin = after_instructions(turns);
  while ((begin = std::find_if(begin, turns.end(), is_system)) != turns.end()) {
    const auto end = std::find_if_not(begin, turns.end(), is_system);
    const bool behind_user = std::prev(begin)->message.role != Role::Assistant;
    const bool before_assistant = end == turns.end() || end->message.role == Role::Assistant;
    if (!mid_system || !behind_user || !before_assistant) {
      std::for_each(begin, end, [](Turn& turn) { wrap_system(turn.message); });
    }
    begin = end;
  }
}

// Repair 5. Instructions in front keep their messages; system messages further on are joined.
void merge_neighbours(Turns& turns) {
  Turns merged(std::make_move_iterator(turns.begin()), std::make_move_iterator(after_instructions(turns)));
  const std::size_t instructions = merged.size();
  for (std::size_t i = instructions; i < turns.size(); ++i) {
    Message& message = turns[i].message;
    const bool same_role = merged.size() > instructions && merged.back().message.role == message.role;
    const bool is_border = message.role == Role::Assistant && turns[i].behind_results;
    if (same_role && !is_border) {
      std::move(message.parts.begin(), message.parts.end(), std::back_inserter(merged.back().message.parts));
    } else {
      merged.push_back(std::move(turns[i]));
    }
  }
  turns = std::move(merged);
}

// Repair 6.
void begin_with_user(Turns& turns) {
  const auto first = after_instructions(turns);
  if (first != turns.end() && first->message.role == Role::User) return;
  turns.insert(first, Turn{{Role::User, {{Text{"(start of conversation)"}, std::nullopt}}}, false});
}

int rank_of(const Part& part) {
  if (as<Thinking>(part) != nullptr) return 0;
  return as<ToolCall>(part) != nullptr ? 2 : 1;
}

// Repair 8.
void order_parts(Message& message) {
  if (message.role != Role::Assistant) return;
  std::stable_sort(message.parts.begin(), message.parts.end(),
                   [](const Part& a, const Part& b) { return rank_of(a) < rank_of(b); });
}

}  // namespace

void repair_turns(Request& request, Dialect to, const config::Capabilities& can) {
  if (to != Dialect::Chat && to != Dialect::Messages && to != Dialect::Gemini) return;
  Turns turns = group_results(std::move(request.messages));
  if (to != Dialect::Chat) {
    drop_blanks(turns, to);
    settle_systems(turns, to == Dialect::Messages && can.mid_system);
    merge_neighbours(turns);
    begin_with_user(turns);
  }
  request.messages.clear();
  request.messages.reserve(turns.size());
  for (Turn& turn : turns) {
    if (to == Dialect::Messages) order_parts(turn.message);
    request.messages.push_back(std::move(turn.message));
  }
}

}  // namespace aigw::protocol::canonical
