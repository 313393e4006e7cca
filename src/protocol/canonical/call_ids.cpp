#include "protocol/canonical/call_ids.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "protocol/canonical/alias.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::size_t kChatLengthMax = 40;  // characters
constexpr std::size_t kResponsesLengthMax = 64;
constexpr std::size_t kMadeUpLength = 24;  // behind the prefix

const char* prefix_of(Dialect dialect) { return dialect == Dialect::Messages ? "toolu_" : "call_"; }

std::string shortened(std::string_view id, std::size_t length_max) {
  return count_characters(id) <= length_max ? std::string(id) : "call_" + short_digest(id, 32);
}

// Gives ids to the calls and results of one conversation that came without.
class MissingIds {
 public:
  MissingIds(Request& request, Dialect to) : request_(request), to_(to) {}

  void fill() {
    note_answered();
    for (Message& message : request_.messages) {
      for (Part& part : message.parts) {
        if (ToolCall* const call = as<ToolCall>(part)) add(*call);
        if (ToolResult* const result = as<ToolResult>(part)) answer(*result);
      }
    }
  }

 private:
  struct Call {
    std::string id;
    bool is_answered;
  };

  void note_answered() {
    for (const Message& message : request_.messages) {
      for (const Part& part : message.parts) {
        const ToolResult* const result = as<ToolResult>(part);
        if (result != nullptr && !result->call_id.empty()) answered_.insert(result->call_id);
      }
    }
  }

  void add(ToolCall& call) {
    // Calls between which no result stands are of one turn, and results without any name are of the latest turn.
    if (std::exchange(behind_result_, false)) next_ = calls_.size();
    if (call.id.empty()) {
      const std::string seed = std::to_string(calls_.size()) + ' ' + call.name + ' ' + call.arguments;
      call.id = prefix_of(to_) + short_digest(seed, kMadeUpLength);
    }
    by_name_[call.name].push_back(calls_.size());
    calls_.push_back({call.id, answered_.count(call.id) != 0});
  }

  void answer(ToolResult& result) {
    behind_result_ = true;
    if (!result.call_id.empty()) return;
    Call* const call = result.name.empty() ? next_of_turn() : latest_named(result.name);
    if (call == nullptr) return;
    result.call_id = call->id;
    call->is_answered = true;
  }

  Call* next_of_turn() {
    while (next_ < calls_.size() && calls_[next_].is_answered) ++next_;
    return next_ < calls_.size() ? &calls_[next_] : nullptr;
  }

  Call* latest_named(const std::string& name) {
    std::vector<std::size_t>& places = by_name_[name];
    while (!places.empty() && calls_[places.back()].is_answered) places.pop_back();
    return places.empty() ? nullptr : &calls_[places.back()];
  }

  Request& request_;
  Dialect to_;
  std::set<std::string> answered_;  // ids that results name themselves
  std::vector<Call> calls_;         // so far
  std::map<std::string, std::vector<std::size_t>> by_name_;  // their places in calls_
  std::size_t next_ = 0;            // the first call of the latest turn that may be open
  bool behind_result_ = false;
};

}  // namespace

std::string fit_call_id(std::string_view id, Dialect to) {
  switch (to) {
    case Dialect::Chat: return shortened(id, kChatLengthMax);
    case Dialect::Responses: return shortened(id, kResponsesLengthMax);
    case Dialect::Messages:
      if (std::all_of(id.begin(), id.end(), is_word_character)) return std::string(id);
      return replace_refused(id, is_word_character) + '_' + short_digest(id, 8);
    default: return std::string(id);
  }
}

void fit_call_ids(Request& request, Dialect to) {
  MissingIds(request, to).fill();
  for (Message& message : request.messages) {
    for (Part& part : message.parts) {
      if (ToolCall* const call = as<ToolCall>(part)) call->id = fit_call_id(call->id, to);
      if (ToolResult* const result = as<ToolResult>(part)) result->call_id = fit_call_id(result->call_id, to);
    }
  }
}

std::string make_call_id(Dialect client) { return prefix_of(client) + random_text(kMadeUpLength); }

}  // namespace aigw::protocol::canonical
