// Canonical events as the chunks of a Chat stream (protocols.md §7).
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/chat/answer_head.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/chunk_writer.h"
#include "protocol/chat/finish_reason.h"
#include "protocol/chat/message_form.h"
#include "protocol/error_conversion.h"
#include "protocol/json_string.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Event;

struct Call {
  bool custom = false;
  bool has_arguments = false;
};

struct StreamedChoice {
  bool has_role = false;
  bool has_refusal = false;
  std::string reasoning;  // of the open block, which is repeated with its proof
  std::map<std::size_t, Call> calls;
  std::string finish;  // the members that end the choice, written at the end of the answer
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
    const AnswerHead head = head_of(begin, rules_, "chatcmpl-");
    Json start = begin_object(head, "chat.completion.chunk");
    if (!head.service_tier.empty()) start["service_tier"] = head.service_tier;
    start["system_fingerprint"] = head.system_fingerprint.empty() ? Json() : Json(head.system_fingerprint);
    chunks_.begin(start);
    write_role();
  }

  void write(const canonical::TextDelta& delta) {
    if (delta.text.empty() && delta.logprobs == nullptr) return;
    write_delta("{\"content\":" + quote(delta.text) + "}", delta.logprobs);
  }

  void write(const canonical::RefusalDelta& delta) {
    if (delta.text.empty()) return;
    choice().has_refusal = true;
    write_delta("{\"refusal\":" + quote(delta.text) + "}");
  }

  void write(const canonical::ReasoningDelta& delta) {
    if (delta.text.empty()) return;
    choice().reasoning += delta.text;
    write_delta("{\"reasoning_content\":" + quote(delta.text) + "}");
  }

  void write(const canonical::ReasoningEnd& end) {
    const std::string text = std::exchange(choice().reasoning, {});
    if (!end.proof.empty()) write_delta(dump({{"thinking_blocks", Json::array({thinking_block(text, end)})}}));
  }

  void write(const canonical::CallBegin& begin) {
    choice().calls[begin.call].custom = begin.custom;
    if (!shows(begin.call)) return;
    Json call = call_object(begin);
    if (rules_.legacy_functions) return write_delta(dump({{"function_call", std::move(call["function"])}}));
    Json piece = {{"index", begin.call}};
    piece.update(call);
    write_delta(dump({{"tool_calls", Json::array({std::move(piece)})}}));
  }

  void write(const canonical::CallDelta& delta) {
    if (delta.arguments.empty()) return;
    choice().calls[delta.call].has_arguments = true;
    write_arguments(delta.call, delta.arguments);
  }

  // Arguments that nobody sent are an empty object: what was joined is JSON.
  void write(const canonical::CallEnd& end) {
    const Call& call = choice().calls[end.call];
    if (!call.has_arguments && !call.custom) write_arguments(end.call, "{}");
  }

  void write(const canonical::Annotations& annotations) {
    write_delta("{\"annotations\":" + dump(*annotations.list) + "}");
  }

  void write(const canonical::ImageOutput& output) { write_delta("{\"images\":[" + dump(*output.image) + "]}"); }

  // Their blocks have no form in a stream of this dialect.
  void write(const canonical::ServerBlock&) {}

  void write(const canonical::Finish& finish) {
    const bool is_refused = finish.reason == canonical::FinishReason::ContentFilter && !finish.explanation.empty();
    if (is_refused && !choice().has_refusal) write(canonical::RefusalDelta{finish.explanation});
    const std::string_view word = finish_word(finish.reason);
    const bool is_legacy = rules_.legacy_functions && word == "tool_calls";
    choice().finish = quote(is_legacy ? "function_call" : word);
    if (!is_implied(finish.native, word)) choice().finish += ",\"native_finish_reason\":" + quote(finish.native);
  }

  void write(const canonical::UsageReport& report) { usage_ = report.usage; }

  // The finish chunks come last: an answer that fails after its finish reason must not have one (§14.4).
  void write(const canonical::End&) {
    ended_ = true;
    for (auto& [number, choice] : choices_) {
      number_ = number;
      write_role();
      write_choice("{}", "null", choice.finish.empty() ? "\"stop\"" : choice.finish);
    }
    chunks_.end(usage_);
  }

  void write(const canonical::Failed& failed) {
    ended_ = true;
    frames_ += error_frame(Dialect::Chat, form_of(0, *failed.error, {}));
  }

  StreamedChoice& choice() { return choices_[number_]; }

  // Clients of the legacy functions know one call.
  bool shows(std::size_t call) const { return !rules_.legacy_functions || call == 0; }

  void write_arguments(std::size_t number, std::string_view arguments) {
    if (!shows(number)) return;
    if (rules_.legacy_functions) return write_delta("{\"function_call\":{\"arguments\":" + quote(arguments) + "}}");
    const bool is_custom = choice().calls[number].custom;
    write_delta("{\"tool_calls\":[{\"index\":" + std::to_string(number) +
                (is_custom ? ",\"custom\":{\"input\":" : ",\"function\":{\"arguments\":") + quote(arguments) + "}}]}");
  }

  void write_role() {
    if (std::exchange(choice().has_role, true)) return;
    write_choice(R"({"role":"assistant","content":""})", "null", "null");
  }

  void write_delta(const std::string& delta, const Json* logprobs = nullptr) {
    write_role();
    write_choice(delta, logprobs != nullptr ? dump(*logprobs) : "null", "null");
  }

  void write_choice(const std::string& delta, std::string_view logprobs, std::string_view finish) {
    chunks_.write("\"index\":" + std::to_string(number_) + ",\"delta\":" + delta, logprobs, finish);
  }

  const canonical::ReplyRules& rules_;
  ChunkWriter chunks_;
  std::map<std::size_t, StreamedChoice> choices_;
  std::size_t number_ = 0;  // of the choice that is written
  std::optional<canonical::Usage> usage_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<ChunkEncoder>(rules);
}

}  // namespace aigw::protocol::chat
