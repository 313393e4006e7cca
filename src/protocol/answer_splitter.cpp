#include "protocol/chunks.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "protocol/json_tree.h"

namespace aigw::protocol {
namespace {

Error garbled(std::string detail) { return Error{ErrorKind::Garbled, std::move(detail)}; }

// Writes the frames of one stream.
class Frames {
 public:
  // `answer`'s members but the choices and the usage: what all chunks have in common, and what stands in the
  // first one only.
  Frames(const Json& answer, std::string_view object, bool include_usage) : includes_usage_(include_usage) {
    for (const auto& [name, value] : answer.items()) {
      if (name == "object") common_[name] = object;
      if (name == "object" || name == "choices" || name == "usage") continue;
      const bool is_common = name == "id" || name == "created" || name == "model" || name == "system_fingerprint" ||
                             name == "service_tier";
      (is_common ? common_ : first_)[name] = value;
    }
    common_["object"] = object;
  }

  void write_choice(Json choice) { write(Json::array({std::move(choice)}), nullptr); }

  void write_usage(const Json& usage) { write(Json::array(), usage); }

  std::string finish() && { return std::move(text_) + "data: [DONE]\n\n"; }

 private:
  void write(Json choices, const Json& usage) {
    Json chunk = common_;
    chunk["choices"] = std::move(choices);
    // A client that asked for usage gets the member in every chunk, null in all but the last (OpenAI's API
    // reference, `stream_options`).
    if (includes_usage_) chunk["usage"] = usage;
    chunk.update(std::exchange(first_, Json::object()));
    text_ += "data: " + dump(chunk) + "\n\n";
  }

  const bool includes_usage_;
  Json common_ = Json::object();
  Json first_ = Json::object();
  std::string text_;
};

// One choice of a Chat answer as chunks: the order is that of §13.2.
class ChatChoice {
 public:
  ChatChoice(const Json& choice, std::int64_t index, Frames& frames) : choice_(choice), index_(index), frames_(frames) {
    const Json* logprobs = find_member(choice, "logprobs");
    if (logprobs != nullptr) logprobs_ = *logprobs;
  }

  void write() {
    const Json& message = choice_.at("message");
    write_role(message);
    for (const char* name : {"reasoning_content", "reasoning", "thinking_blocks"}) write_member(message, name);
    write_member(message, "content");
    write_member(message, "refusal");
    write_calls(message);
    for (const auto& [name, value] : message.items()) {
      if (!is_written(name)) write_member(message, name.c_str());
    }
    write_end();
  }

 private:
  static bool is_written(std::string_view name) {
    constexpr std::string_view kWritten[] = {"role",    "reasoning_content", "reasoning",  "thinking_blocks",
                                             "content", "refusal",           "tool_calls", "function_call"};
    return std::find(std::begin(kWritten), std::end(kWritten), name) != std::end(kWritten);
  }

  void write_delta(Json delta, Json logprobs = nullptr) {
    frames_.write_choice({{"index", index_},
                          {"delta", std::move(delta)},
                          {"logprobs", std::move(logprobs)},
                          {"finish_reason", nullptr}});
  }

  void write_role(const Json& message) {
    const Json* role = find_member(message, "role");
    const Json* content = find_member(message, "content");
    const bool has_content = content != nullptr && !content->is_null();
    write_delta({{"role", role != nullptr && role->is_string() ? *role : Json("assistant")},
                 {"content", has_content ? Json("") : Json()}});
  }

  // A member whole in one delta. The log probabilities go with the text they belong to.
  void write_member(const Json& message, const char* name) {
    const Json* value = find_member(message, name);
    if (value == nullptr || value->is_null()) return;
    const bool is_content = std::string_view(name) == "content";
    if (is_content && !is_given(*value)) return;  // said by the role chunk
    const bool is_text = is_content || std::string_view(name) == "refusal";
    write_delta({{name, *value}}, is_text ? std::exchange(logprobs_, nullptr) : Json());
  }

  void write_calls(const Json& message) {
    const Json* calls = find_member(message, "tool_calls");
    if (calls != nullptr && calls->is_array()) {
      std::int64_t number = 0;
      for (const Json& call : *calls) write_call(call, number++);
    }
    const Json* function = find_member(message, "function_call");
    if (function == nullptr || !function->is_object()) return;
    auto [start, input] = cut_callee(*function, "arguments");
    write_delta({{"function_call", std::move(start)}});
    if (is_given(input)) write_delta({{"function_call", std::move(input)}});
  }

  // The call without its input, then the input.
  void write_call(const Json& call, std::int64_t number) {
    if (!call.is_object()) return;
    Json start = {{"index", number}};
    start.update(call);
    start["index"] = number;
    Json rest;
    for (const auto& [callee, input] : {std::pair("function", "arguments"), std::pair("custom", "input")}) {
      const Json* whole = find_member(call, callee);
      if (whole == nullptr || !whole->is_object()) continue;
      auto [head, tail] = cut_callee(*whole, input);
      start[callee] = std::move(head);
      if (is_given(tail)) rest = {{"index", number}, {callee, std::move(tail)}};
    }
    write_delta({{"tool_calls", Json::array({std::move(start)})}});
    if (!rest.is_null()) write_delta({{"tool_calls", Json::array({std::move(rest)})}});
  }

  // `{"name":…,"arguments":""}` and `{"arguments":…}`, null where there are none.
  static std::pair<Json, Json> cut_callee(const Json& callee, const char* input) {
    std::pair<Json, Json> parts(callee, nullptr);
    const Json* value = find_member(callee, input);
    if (value == nullptr || !value->is_string()) return parts;
    if (is_given(*value)) parts.second = {{input, *value}};
    parts.first[input] = "";
    return parts;
  }

  void write_end() {
    Json end = {
        {"index", index_}, {"delta", Json::object()}, {"logprobs", std::move(logprobs_)}, {"finish_reason", "stop"}};
    for (const auto& [name, value] : choice_.items()) {
      const bool is_written_already = name == "index" || name == "message" || name == "logprobs";
      if (!is_written_already && !(name == "finish_reason" && !is_given(value))) end[name] = value;
    }
    frames_.write_choice(std::move(end));
  }

  const Json& choice_;
  const std::int64_t index_;
  Frames& frames_;
  Json logprobs_;
};

void write_text_choice(const Json& choice, std::int64_t index, Frames& frames) {
  const Json* logprobs = find_member(choice, "logprobs");
  frames.write_choice({{"index", index},
                       {"text", choice.at("text")},
                       {"logprobs", logprobs != nullptr ? *logprobs : Json()},
                       {"finish_reason", nullptr}});
  Json end = {{"index", index}, {"text", ""}, {"logprobs", nullptr}, {"finish_reason", "stop"}};
  for (const auto& [name, value] : choice.items()) {
    const bool is_written = name == "index" || name == "text" || name == "logprobs";
    if (!is_written && !(name == "finish_reason" && !is_given(value))) end[name] = value;
  }
  frames.write_choice(std::move(end));
}

struct NumberedChoice {
  std::int64_t index;
  const Json* choice;
};

// The choices in order of their index, each with its message or text. An empty list is as wrong as none.
Result<std::vector<NumberedChoice>> choices_of(const Json& answer, bool is_chat) {
  const Json* choices = find_member(answer, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty()) return garbled("an answer without `choices`");
  std::vector<NumberedChoice> numbered;
  for (const Json& choice : *choices) {
    const Json* body = find_member(choice, is_chat ? "message" : "text");
    if (body == nullptr || !(is_chat ? body->is_object() : body->is_string())) {
      return garbled(is_chat ? "a choice without `message`" : "a choice without `text`");
    }
    const Json* index = find_member(choice, "index");
    const bool has_index = index != nullptr && index->is_number_integer();
    numbered.push_back({has_index ? index->get<std::int64_t>() : static_cast<std::int64_t>(numbered.size()), &choice});
  }
  std::stable_sort(numbered.begin(), numbered.end(),
                   [](const NumberedChoice& a, const NumberedChoice& b) { return a.index < b.index; });
  return numbered;
}

}  // namespace

Result<std::string> split_chunks(Dialect dialect, std::string_view answer, bool include_usage) {
  const bool is_chat = dialect == Dialect::Chat;
  const Result<Json> tree = parse_object(answer);
  if (!tree) return tree.error();
  const Result<std::vector<NumberedChoice>> choices = choices_of(*tree, is_chat);
  if (!choices) return choices.error();
  Frames frames(*tree, is_chat ? "chat.completion.chunk" : "text_completion", include_usage);
  for (const NumberedChoice& numbered : *choices) {
    if (is_chat) {
      ChatChoice(*numbered.choice, numbered.index, frames).write();
    } else {
      write_text_choice(*numbered.choice, numbered.index, frames);
    }
  }
  const Json* usage = find_member(*tree, "usage");
  if (include_usage && usage != nullptr && usage->is_object()) frames.write_usage(*usage);
  return std::move(frames).finish();
}

}  // namespace aigw::protocol
