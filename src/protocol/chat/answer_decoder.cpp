// A Chat provider's answer, streamed or whole.
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/chat/chat.h"
#include "protocol/chat/choice_decoder.h"
#include "protocol/chat/usage.h"
#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::EventSink;

constexpr std::int64_t kChoicesMax = 1024;  // OpenAI's limit for `n` is 128

void fail(EventSink& sink, const ProviderError& error) { sink.take({canonical::Failed{&error}}); }

// What stands around the choices: the same in chunks and whole answers.
class Answer {
 public:
  // The first value that says something counts; Azure's first chunk has an empty id and `created: 0`.
  void note(const Json& body) {
    for (auto& [name, kept] : {std::pair("id", &id_), std::pair("model", &model_),
                               std::pair("service_tier", &service_tier_),
                               std::pair("system_fingerprint", &system_fingerprint_)}) {
      if (kept->empty()) *kept = text_of(body, name);
    }
    if (created_ == 0) created_ = integer_of(body, "created").value_or(0);
    const Json* const usage = find_member(body, "usage");
    if (usage != nullptr && usage->is_object()) usage_ = read_usage(*usage);
  }

  void begin(EventSink& sink) {
    if (std::exchange(begun_, true)) return;
    sink.take({canonical::Begin{id_, model_, created_, service_tier_, system_fingerprint_}});
  }

  // The choice with that index, null for one out of range.
  ChoiceDecoder* choice(std::int64_t index) {
    if (index < 0 || index >= kChoicesMax) return nullptr;
    return &choices_.try_emplace(index, static_cast<std::size_t>(index)).first->second;
  }

  bool is_finished() const {
    for (const auto& [index, choice] : choices_) {
      if (!choice.is_finished()) return false;
    }
    return !choices_.empty();
  }

  void end(EventSink& sink) {
    if (choices_.empty()) return fail(sink, {502, "The provider's answer has no choices.", "server_error", ""});
    begin(sink);
    for (auto& [index, choice] : choices_) {
      if (choice.finish(sink)) continue;
      return fail(sink, {502, "The provider sent a tool call that can't be read.", "server_error", ""});
    }
    if (usage_) sink.take({canonical::UsageReport{*usage_}});
    sink.take({canonical::End{}});
  }

 private:
  std::string id_;
  std::string model_;
  std::string service_tier_;
  std::string system_fingerprint_;
  std::int64_t created_ = 0;
  std::optional<canonical::Usage> usage_;
  std::map<std::int64_t, ChoiceDecoder> choices_;
  bool begun_ = false;
};

// Whether it tells a failure, in its own member or in that of a choice (OpenRouter).
bool tells_error(const Json& body) {
  const Json* const error = find_member(body, "error");
  return (error != nullptr && is_given(*error)) || text_of(body, "object") == "error";
}

std::int64_t index_of(const Json& choice, std::int64_t position) {
  return integer_of(choice, "index").value_or(position);
}

class ChunkDecoder : public StreamDecoder {
 public:
  void take(std::string_view name, std::string_view data, EventSink& sink) override {
    if (ended_) return;
    data = trim(data);
    if (data == "[DONE]") return end(sink);
    const Result<Json> chunk = parse_object(data);
    if (!chunk) return truncate("The provider's stream can't be read: " + chunk.error().detail, sink);
    if (name == "error" || tells_error(*chunk)) return stop(read_error(0, data), sink);
    answer_.note(*chunk);
    std::int64_t position = 0;
    for (const Json& choice : items_of(*chunk, "choices")) {
      if (tells_error(choice)) return stop(read_error(0, dump(choice)), sink);
      ChoiceDecoder* const decoder = choice.is_object() ? answer_.choice(index_of(choice, position)) : nullptr;
      ++position;
      if (decoder == nullptr) continue;
      answer_.begin(sink);
      decoder->add_chunk(choice, sink);
    }
  }

  bool finished() const override { return answer_.is_finished(); }

  void finish(EventSink& sink) override {
    if (ended_) return;
    if (answer_.is_finished()) return end(sink);
    truncate("The provider's stream ended before the answer was complete.", sink);
  }

 private:
  void end(EventSink& sink) {
    ended_ = true;
    answer_.end(sink);
  }

  void stop(const ProviderError& error, EventSink& sink) {
    ended_ = true;
    fail(sink, error);
  }

  void truncate(std::string message, EventSink& sink) {
    stop({502, std::move(message), "server_error", "upstream_truncated"}, sink);
  }

  Answer answer_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<StreamDecoder> stream_decoder() { return std::make_unique<ChunkDecoder>(); }

void decode_answer(const Json& body, EventSink& sink) {
  if (tells_error(body)) return fail(sink, read_error(0, dump(body)));
  // Sorted by index, each with its place where it has none. The lowest one is the answer (§8), whatever its index.
  std::map<std::int64_t, const Json*> choices;
  for (const Json& choice : items_of(body, "choices")) {
    if (tells_error(choice)) return fail(sink, read_error(0, dump(choice)));
    const std::int64_t index = index_of(choice, static_cast<std::int64_t>(choices.size()));
    if (members_of(choice, "message").empty() || index < 0 || index >= kChoicesMax) {
      return fail(sink, {502, "The provider's answer has a choice without a message.", "server_error", ""});
    }
    choices.try_emplace(index, &choice);
  }
  Answer answer;
  answer.note(body);
  std::int64_t number = 0;
  for (const auto& [index, choice] : choices) {
    answer.begin(sink);
    answer.choice(number++)->add_whole(*choice, sink);
  }
  answer.end(sink);
}

}  // namespace aigw::protocol::chat
