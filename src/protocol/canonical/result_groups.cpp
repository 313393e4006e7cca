#include "protocol/canonical/result_groups.h"

#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace aigw::protocol::canonical {
namespace {

constexpr const char* kNoResult = "No result was provided for this call.";

// Assistant messages that stand directly one after the other are one turn: what follows answers all of their calls.
std::vector<Message> join_assistants(std::vector<Message> messages) {
  std::vector<Message> joined;
  joined.reserve(messages.size());
  for (Message& message : messages) {
    if (message.role == Role::Assistant && !joined.empty() && joined.back().role == Role::Assistant) {
      std::move(message.parts.begin(), message.parts.end(), std::back_inserter(joined.back().parts));
    } else {
      joined.push_back(std::move(message));
    }
  }
  return joined;
}

Part missing_result(const std::string& id) {
  ToolResult result;
  result.call_id = id;
  result.content.push_back({Text{kNoResult}, std::nullopt});
  result.is_error = true;
  return {std::move(result), std::nullopt};
}

// A result of no call, as a user's text; media stand behind it.
void append_as_user(Part part, std::vector<Part>& parts) {
  ToolResult& result = *as<ToolResult>(part);
  std::string text = "Tool result (" + (result.call_id.empty() ? result.name : result.call_id) + "): ";
  std::vector<Part> media;
  bool is_first = true;
  for (Part& piece : result.content) {
    if (const Text* const line = as<Text>(piece)) {
      if (!std::exchange(is_first, false)) text += '\n';
      text += line->text;
    } else {
      media.push_back(std::move(piece));
    }
  }
  parts.push_back({Text{std::move(text)}, part.cache});
  std::move(media.begin(), media.end(), std::back_inserter(parts));
}

class ResultGroups {
 public:
  explicit ResultGroups(std::vector<Message> messages) : messages_(join_assistants(std::move(messages))) {}

  std::vector<Turn> run() {
    calls_of_.resize(messages_.size());
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      if (messages_[i].role == Role::Assistant) note_calls(i);
      if (messages_[i].role == Role::Tool) assign_results(messages_[i]);
    }
    for (std::size_t i = 0; i < messages_.size(); ++i) emit(i);
    return std::move(turns_);
  }

 private:
  struct Call {
    std::string id;
    std::optional<Part> result;
  };

  void note_calls(std::size_t i) {
    std::vector<std::size_t>& places = calls_of_[i];
    for (const Part& part : messages_[i].parts) {
      const ToolCall* const call = as<ToolCall>(part);
      if (call == nullptr) continue;
      places.push_back(calls_.size());
      calls_.push_back({call->id, std::nullopt});
    }
    // The last one is taken first: of the latest turn the first call.
    for (auto place = places.rbegin(); place != places.rend(); ++place) open_[calls_[*place].id].push_back(*place);
  }

  // What the message keeps is for its place: a user's text.
  void assign_results(Message& message) {
    std::vector<Part> rest;
    for (Part& part : message.parts) {
      const ToolResult* const result = as<ToolResult>(part);
      if (result == nullptr) {
        rest.push_back(std::move(part));
        continue;
      }
      const auto known = open_.find(result->call_id);
      if (known == open_.end() || result->call_id.empty()) {
        append_as_user(std::move(part), rest);
      } else if (!known->second.empty()) {
        calls_[known->second.back()].result = std::move(part);
        known->second.pop_back();
      }
    }
    message.parts = std::move(rest);
  }

  void emit(std::size_t i) {
    Message& message = messages_[i];
    if (message.role == Role::Tool) {
      behind_results_ = true;
      if (message.parts.empty()) return;
      message.role = Role::User;
    }
    turns_.push_back({std::move(message), std::exchange(behind_results_, false)});
    const bool is_last = i + 1 == messages_.size();
    if (calls_of_[i].empty() || is_last) return;
    Message results{Role::Tool, {}};
    for (const std::size_t place : calls_of_[i]) {
      Call& call = calls_[place];
      results.parts.push_back(call.result ? std::move(*call.result) : missing_result(call.id));
    }
    turns_.push_back({std::move(results), false});
  }

  std::vector<Message> messages_;
  std::vector<Call> calls_;
  std::vector<std::vector<std::size_t>> calls_of_;          // places in calls_, by message
  std::map<std::string, std::vector<std::size_t>> open_;    // of calls so far without a result, by id
  std::vector<Turn> turns_;
  bool behind_results_ = false;
};

}  // namespace

std::vector<Turn> group_results(std::vector<Message> messages) { return ResultGroups(std::move(messages)).run(); }

}  // namespace aigw::protocol::canonical
