// Canonical events put together to one `chat.completion` (protocols.md §6).
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "protocol/chat/answer_head.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/finish_reason.h"
#include "protocol/chat/message_form.h"
#include "protocol/chat/usage.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Event;

// `list` may be null: no item came so far.
void append_items(Json& list, const Json& more) {
  if (list.is_null()) list = Json::array();
  list.insert(list.end(), more.begin(), more.end());
}

// One choice as it grows.
class Choice {
 public:
  void take(const canonical::TextDelta& delta) {
    text_ += delta.text;
    if (delta.logprobs == nullptr) return;
    if (logprobs_.is_null()) logprobs_ = {{"content", nullptr}, {"refusal", nullptr}};
    for (const char* name : {"content", "refusal"}) {
      if (has_member(*delta.logprobs, name)) append_items(logprobs_[name], items_of(*delta.logprobs, name));
    }
  }

  void take(const canonical::RefusalDelta& delta) { refusal_ += delta.text; }

  void take(const canonical::ReasoningDelta& delta) {
    reasoning_ += delta.text;
    block_ += delta.text;
  }

  void take(const canonical::ReasoningEnd& end) {
    const std::string text = std::exchange(block_, {});
    if (!end.proof.empty()) blocks_.push_back(thinking_block(text, end));
  }

  void take(const canonical::CallBegin& begin) {
    calls_[begin.call] = call_object(begin);
    arguments_[begin.call].clear();
  }

  void take(const canonical::CallDelta& delta) { arguments_[delta.call] += delta.arguments; }
  void take(const canonical::Annotations& annotations) { append_items(annotations_, *annotations.list); }
  void take(const canonical::ImageOutput& output) { images_.push_back(*output.image); }
  void take(const canonical::ServerBlock& server) { server_blocks_.push_back(*server.block); }

  void take(const canonical::Finish& finish) {
    reason_ = finish_word(finish.reason);
    native_ = is_implied(finish.native, reason_) ? "" : std::string(finish.native);
    if (finish.reason == canonical::FinishReason::ContentFilter) explanation_ = finish.explanation;
  }

  template <typename Other>
  void take(const Other&) {}

  Json finish(std::size_t number, bool legacy_functions) {
    const bool is_legacy = legacy_functions && reason_ == "tool_calls";
    Json choice = {{"index", number}, {"message", message(legacy_functions)}, {"logprobs", std::move(logprobs_)}};
    choice["finish_reason"] = is_legacy ? "function_call" : reason_;
    if (!native_.empty()) choice["native_finish_reason"] = native_;
    return choice;
  }

 private:
  Json message(bool legacy_functions) {
    const bool has_other = !calls_.empty() || !refusal_.empty();
    Json message = {{"role", "assistant"}, {"content", nullptr}, {"refusal", nullptr}};
    if (!text_.empty() || !has_other) message["content"] = std::move(text_);
    if (refusal_.empty()) refusal_ = std::move(explanation_);
    if (!refusal_.empty()) message["refusal"] = std::move(refusal_);
    if (!annotations_.empty()) message["annotations"] = std::move(annotations_);
    if (!reasoning_.empty()) message["reasoning_content"] = std::move(reasoning_);
    if (!blocks_.empty()) message["thinking_blocks"] = std::move(blocks_);
    if (!calls_.empty()) add_calls(message, legacy_functions);
    if (!images_.empty()) message["images"] = std::move(images_);
    if (!server_blocks_.empty()) message["server_tool_blocks"] = std::move(server_blocks_);
    return message;
  }

  void add_calls(Json& message, bool legacy_functions) {
    Json list = Json::array();
    for (auto& [number, call] : calls_) {
      std::string& arguments = arguments_[number];
      if (call.contains("custom")) {
        call["custom"]["input"] = std::move(arguments);
      } else {
        call["function"]["arguments"] = arguments.empty() ? "{}" : std::move(arguments);
      }
      list.push_back(std::move(call));
    }
    if (legacy_functions && list[0].contains("function")) {
      message["function_call"] = std::move(list[0]["function"]);
    } else {
      message["tool_calls"] = std::move(list);
    }
  }

  std::string text_;
  std::string refusal_;
  std::string explanation_;
  std::string reasoning_;  // of all blocks
  std::string block_;      // of the open one
  Json blocks_ = Json::array();
  Json annotations_ = Json::array();
  Json images_ = Json::array();
  Json server_blocks_ = Json::array();
  Json logprobs_;
  std::map<std::size_t, Json> calls_;
  std::map<std::size_t, std::string> arguments_;
  std::string reason_ = "stop";
  std::string native_;
};

class CompletionEncoder : public AnswerEncoder {
 public:
  explicit CompletionEncoder(const canonical::ReplyRules& rules) : rules_(rules) {}

  void take(const Event& event) override {
    if (const auto* begin = std::get_if<canonical::Begin>(&event.what)) {
      head_ = head_of(*begin, rules_, "chatcmpl-");
      choices_.try_emplace(0);
    } else if (const auto* report = std::get_if<canonical::UsageReport>(&event.what)) {
      usage_ = report->usage;
    } else if (!std::holds_alternative<canonical::End>(event.what)) {
      std::visit([&](const auto& what) { choices_[event.choice].take(what); }, event.what);
    }
  }

  Json finish() override {
    Json answer = begin_object(head_, "chat.completion");
    Json& choices = answer["choices"] = Json::array();
    for (auto& [number, choice] : choices_) choices.push_back(choice.finish(number, rules_.legacy_functions));
    if (usage_) answer["usage"] = write_usage(*usage_);
    if (!head_.service_tier.empty()) answer["service_tier"] = head_.service_tier;
    answer["system_fingerprint"] = head_.system_fingerprint.empty() ? Json() : Json(head_.system_fingerprint);
    return answer;
  }

 private:
  const canonical::ReplyRules& rules_;
  AnswerHead head_;
  std::map<std::size_t, Choice> choices_;
  std::optional<canonical::Usage> usage_;
};

}  // namespace

std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<CompletionEncoder>(rules);
}

}  // namespace aigw::protocol::chat
