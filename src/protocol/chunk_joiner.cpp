#include "protocol/chunks.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_tree.h"
#include "protocol/message_joiner.h"

namespace aigw::protocol {
namespace {

// One choice of the answer, as far as it came.
struct Choice {
  // Content and refusal are null unless given (§13.1 rule 3); other members come in the order of their arrival.
  Json message = {{"role", nullptr}, {"content", nullptr}, {"refusal", nullptr}};
  Json tool_calls = Json::array();
  CallPieces call_pieces;
  Json text = "";  // of legacy Completions
  Json logprobs;
  Json finish_reason;
  Json others = Json::object();
};

// The last value counts, and null only where there is no other.
void keep_last(Json& object, const std::string& name, const Json& value) {
  if (!value.is_null() || !object.contains(name)) object[name] = value;
}

bool is_told_once(std::string_view name) {
  return name == "id" || name == "created" || name == "model" || name == "system_fingerprint" || name == "service_tier";
}

// Members of a chunk that mean nothing in a whole answer. (OpenAI pads chunks with random text so that their
// lengths tell nothing.)
bool is_of_chunk(std::string_view name) { return name == "object" || name == "obfuscation"; }

// The first value that says something counts; Azure's first chunk has an empty id and `created: 0`.
void keep_first(Json& object, const std::string& name, const Json& value) {
  Json& kept = object[name];
  if (!is_given(kept) || kept == 0) kept = value;
}

// Each member of `piece`, as log probabilities and audio are streamed.
void append_members(Json& whole, const Json& piece) {
  if (!piece.is_object()) return;
  if (!whole.is_object()) whole = Json::object();
  for (const auto& [name, value] : piece.items()) {
    Json& member = whole[name];
    const bool is_repeated = name == "id" || name == "expires_at";  // of audio, with each piece
    if (is_repeated) member = nullptr;
    append(member, value);
  }
}

// False: too many calls.
bool add_calls(const Json& pieces, Choice& choice) {
  return std::all_of(pieces.begin(), pieces.end(), [&](const Json& piece) {
    return append_call(choice.tool_calls, choice.call_pieces, piece);
  });
}

// False as add_calls().
bool add_delta(const Json& delta, Choice& choice) {
  if (!delta.is_object()) return true;
  for (const auto& [name, value] : delta.items()) {
    if (value.is_null()) continue;
    if (name == "role") {
      if (!is_given(choice.message["role"])) choice.message["role"] = value;
    } else if (name == "tool_calls" && value.is_array()) {
      if (!add_calls(value, choice)) return false;
    } else if (name == "function_call") {
      append_callee(choice.message[name], value, "arguments");
    } else if (name == "audio") {
      append_members(choice.message[name], value);
    } else {
      append(choice.message[name], value);
    }
  }
  return true;
}

// False as add_calls().
bool add_choice(const Json& piece, Choice& choice) {
  for (const auto& [name, value] : piece.items()) {
    if (name == "delta") {
      if (!add_delta(value, choice)) return false;
    } else if (name == "text") {
      append(choice.text, value);
    } else if (name == "logprobs") {
      append_members(choice.logprobs, value);
    } else if (name == "finish_reason") {
      if (is_given(value)) choice.finish_reason = value;
    } else if (name != "index") {
      keep_last(choice.others, name, value);
    }
  }
  return true;
}

// The reason to report: a natural end of an answer that calls a tool is a tool call (§3.8 override 1 and rule 4).
Json final_reason(const Choice& choice) {
  if (choice.finish_reason != nullptr && choice.finish_reason != "stop") return choice.finish_reason;
  if (!choice.tool_calls.empty()) return "tool_calls";
  return choice.message.contains("function_call") ? "function_call" : "stop";
}

Json whole_choice(Dialect dialect, std::int64_t index, Choice& choice) {
  Json reason = final_reason(choice);
  Json whole = {{"index", index}};
  if (dialect == Dialect::Chat) {
    if (!choice.message["role"].is_string()) choice.message["role"] = "assistant";
    finish_calls(choice.tool_calls);
    if (!choice.tool_calls.empty()) choice.message["tool_calls"] = std::move(choice.tool_calls);
    whole["message"] = std::move(choice.message);
  } else {
    whole["text"] = std::move(choice.text);
  }
  whole["logprobs"] = std::move(choice.logprobs);
  whole["finish_reason"] = std::move(reason);
  whole.update(choice.others);
  return whole;
}

}  // namespace

struct ChunkJoiner::State {
  Dialect dialect;
  Json top = Json::object();  // all members but the choices
  std::map<std::int64_t, Choice> choices;
  bool done = false;

  // False as add_calls().
  bool add_choices(const Json& pieces) {
    if (!pieces.is_array()) return true;
    std::int64_t position = 0;
    for (const Json& piece : pieces) {
      const Json* index = find_member(piece, "index");
      const bool has_index = index != nullptr && index->is_number_integer();
      Choice* const choice =
          piece.is_object() ? &choices[has_index ? index->get<std::int64_t>() : position] : nullptr;
      if (choice != nullptr && !add_choice(piece, *choice)) return false;
      ++position;
    }
    return true;
  }
};

ChunkJoiner::ChunkJoiner(Dialect dialect) : state_(new State{dialect, Json::object(), {}, false}) {}

ChunkJoiner::~ChunkJoiner() = default;

Status ChunkJoiner::add(std::string_view, std::string_view data) {
  data = trim(data);
  if (data == "[DONE]") state_->done = true;
  if (state_->done) return Done{};
  const Result<Json> chunk = parse_object(data);
  if (!chunk) return chunk.error();
  for (const auto& [name, value] : chunk->items()) {
    if (name == "choices") {
      if (!state_->add_choices(value)) return Error{ErrorKind::Garbled, "a choice with too many tool calls"};
    } else if (is_told_once(name)) {
      keep_first(state_->top, name, value);
    } else if (name == "error") {
      if (!is_given(value)) continue;
      return Error{ErrorKind::Garbled, "the stream carries an error: " + shorten(dump(value), 300)};
    } else if (!is_of_chunk(name)) {
      keep_last(state_->top, name, value);
    }
  }
  return Done{};
}

Result<std::string> ChunkJoiner::finish() {
  bool all_finished = true;
  for (const auto& [index, choice] : state_->choices) all_finished = all_finished && !choice.finish_reason.is_null();
  if (!state_->done && (state_->choices.empty() || !all_finished)) {
    return Error{ErrorKind::Broken, "the stream ended before the answer was complete"};
  }
  if (state_->choices.empty()) return Error{ErrorKind::Garbled, "a stream without choices"};  // §8
  const bool is_chat = state_->dialect == Dialect::Chat;
  Json answer = Json::object();
  if (const Json* id = find_member(state_->top, "id")) answer["id"] = *id;
  answer["object"] = is_chat ? "chat.completion" : "text_completion";
  for (const char* name : {"created", "model"}) {
    if (const Json* value = find_member(state_->top, name)) answer[name] = *value;
  }
  Json& choices = answer["choices"] = Json::array();
  for (auto& [index, choice] : state_->choices) choices.push_back(whole_choice(state_->dialect, index, choice));
  answer.update(state_->top);
  if (const Json* usage = find_member(answer, "usage"); usage != nullptr && !usage->is_object()) answer.erase("usage");
  return dump(answer);
}

}  // namespace aigw::protocol
