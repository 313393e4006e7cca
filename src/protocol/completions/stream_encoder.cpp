// Canonical events as the chunks of a Completions stream. What is no text (reasoning, calls) has no place in it.
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/canonical/alias.h"
#include "protocol/chat/chunk_writer.h"
#include "protocol/completions/answer_head.h"
#include "protocol/completions/completions.h"
#include "protocol/completions/text_choice.h"
#include "protocol/error_conversion.h"
#include "protocol/json_string.h"

namespace aigw::protocol::completions {
namespace {

using canonical::Event;

struct StreamedChoice {
  bool has_echo = false;
  std::string refusal;
  std::size_t offset = 0;  // of the next token in the text, in characters
  const char* finish = "stop";
};

class ChunkEncoder : public StreamEncoder {
 public:
  explicit ChunkEncoder(const canonical::ReplyRules& rules) : rules_(rules), chunks_(frames_, rules.include_usage) {}

  void take(const Event& event) override {
    if (ended_) return;
    number_ = event.choice;
    std::visit([this](const auto& what) { write(what); }, event.what);
  }

 private:
  void write(const canonical::Begin& begin) {
    chunks_.begin(begin_object(begin, rules_));
    choices_.try_emplace(0);
  }

  void write(const canonical::TextDelta& delta) {
    if (delta.text.empty() && delta.logprobs == nullptr) return;
    write_echo();
    const std::string logprobs =
        delta.logprobs != nullptr ? dump(logprobs_of(*delta.logprobs, choices_[number_].offset)) : "null";
    write_choice(delta.text, logprobs, "null");
  }

  void write(const canonical::RefusalDelta& delta) { choices_[number_].refusal += delta.text; }

  void write(const canonical::Finish& finish) {
    StreamedChoice& choice = choices_[number_];
    choice.finish = finish_word(finish.reason);
    if (is_text(choice.refusal, finish)) write(canonical::TextDelta{std::exchange(choice.refusal, {})});
  }

  void write(const canonical::UsageReport& report) { usage_ = report.usage; }

  void write(const canonical::End&) {
    ended_ = true;
    for (const auto& [number, choice] : choices_) {
      number_ = number;
      write_echo();
      write_choice("", "null", quote(choice.finish));
    }
    chunks_.end(usage_);
  }

  void write(const canonical::Failed& failed) {
    ended_ = true;
    frames_ += error_frame(Dialect::Completions, form_of(0, *failed.error, {}));
  }

  template <typename Other>
  void write(const Other&) {}

  void write_echo() {
    StreamedChoice& choice = choices_[number_];
    if (std::exchange(choice.has_echo, true) || rules_.echo.empty()) return;
    choice.offset = canonical::count_characters(rules_.echo);
    write_choice(rules_.echo, "null", "null");
  }

  void write_choice(std::string_view text, std::string_view logprobs, std::string_view finish) {
    chunks_.write("\"text\":" + quote(text) + ",\"index\":" + std::to_string(number_), logprobs, finish);
  }

  const canonical::ReplyRules& rules_;
  chat::ChunkWriter chunks_;
  std::map<std::size_t, StreamedChoice> choices_;
  std::size_t number_ = 0;  // of the choice that is written
  std::optional<canonical::Usage> usage_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<ChunkEncoder>(rules);
}

}  // namespace aigw::protocol::completions
