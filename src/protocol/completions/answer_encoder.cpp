// Canonical events put together to one `text_completion`.
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "protocol/canonical/alias.h"
#include "protocol/chat/usage.h"
#include "protocol/completions/answer_head.h"
#include "protocol/completions/completions.h"
#include "protocol/completions/text_choice.h"
#include "protocol/json_read.h"

namespace aigw::protocol::completions {
namespace {

using canonical::Event;

struct Choice {
  std::string text;
  std::string refusal;
  Json logprobs;
  std::size_t offset = 0;  // of the next token in the text, in characters
  const char* finish = "stop";
};

class CompletionEncoder : public AnswerEncoder {
 public:
  explicit CompletionEncoder(const canonical::ReplyRules& rules) : rules_(rules) {}

  void take(const Event& event) override {
    number_ = event.choice;
    std::visit([this](const auto& what) { add(what); }, event.what);
  }

  Json finish() override {
    Json& choices = answer_["choices"] = Json::array();
    for (auto& [number, choice] : choices_) {
      choices.push_back({{"text", std::move(choice.text)},
                         {"index", number},
                         {"logprobs", std::move(choice.logprobs)},
                         {"finish_reason", choice.finish}});
    }
    if (usage_) answer_["usage"] = chat::write_usage(*usage_);
    return std::move(answer_);
  }

 private:
  void add(const canonical::Begin& begin) {
    answer_ = begin_object(begin, rules_);
    choice();
  }

  void add(const canonical::TextDelta& delta) {
    Choice& grown = choice();
    grown.text += delta.text;
    if (delta.logprobs == nullptr) return;
    const Json more = logprobs_of(*delta.logprobs, grown.offset);
    if (grown.logprobs.is_null()) {
      grown.logprobs = more;
      return;
    }
    for (const auto& [name, values] : more.items()) {
      grown.logprobs[name].insert(grown.logprobs[name].end(), values.begin(), values.end());
    }
  }

  void add(const canonical::RefusalDelta& delta) { choice().refusal += delta.text; }

  void add(const canonical::Finish& finish) {
    Choice& ended = choice();
    ended.finish = finish_word(finish.reason);
    if (is_text(ended.refusal, finish)) ended.text += ended.refusal;
  }

  void add(const canonical::UsageReport& report) { usage_ = report.usage; }

  template <typename Other>
  void add(const Other&) {}

  // The choice of the event, with the prompt in front that the client asked for.
  Choice& choice() {
    const auto [found, is_new] = choices_.try_emplace(number_);
    if (is_new) {
      found->second.text = rules_.echo;
      found->second.offset = canonical::count_characters(rules_.echo);
    }
    return found->second;
  }

  const canonical::ReplyRules& rules_;
  Json answer_ = Json::object();
  std::map<std::size_t, Choice> choices_;
  std::size_t number_ = 0;
  std::optional<canonical::Usage> usage_;
};

}  // namespace

std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<CompletionEncoder>(rules);
}

}  // namespace aigw::protocol::completions
