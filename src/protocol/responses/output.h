// A provider's answer as the items of a response, and as the stream that tells how they grow (protocols.md §10.4,
// §10.5). A client that does not stream gets the same response at the end.
//
// Not thread-safe; one object per answer. Holds the whole answer, which the last event repeats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/responses/frames.h"
#include "protocol/responses/output_items.h"
#include "protocol/responses/response_head.h"

namespace aigw::protocol::responses {

class Output : public canonical::EventSink {
 public:
  // `rules` outlive it, and so does `frames`, to which complete frames are appended; null: only the response is wanted.
  Output(const canonical::ReplyRules& rules, std::string* frames);

  void take(const canonical::Event& event) override;

  // The response as it is now.
  Json response() const;

 private:
  void begin(const canonical::Begin& begin);
  void add_text(std::string_view text, const Json* logprobs);
  void add_refusal(std::string_view text);
  void add_reasoning(std::string_view text);
  void end_reasoning(const canonical::ReasoningEnd& end);
  void add_annotations(const Json& annotations);
  void add_image(const Json& image);
  void begin_call(const canonical::CallBegin& begin);
  void add_arguments(const canonical::CallDelta& delta);
  void end_call(std::size_t call);
  void finish(const canonical::Finish& finish);
  void end();
  void fail(const ProviderError& error);

  // Runs `write` at once, or when the open calls have all their arguments: no other item may be open beside them, and
  // some servers put text between the fragments of a call.
  void when_calls_allow(std::function<void()> write);
  bool calls_are_complete() const;
  void release_held();

  template <typename Item, typename... Values>
  Item& add_item(std::string_view id_prefix, const Values&... values);
  MessageItem& open_message();
  ReasoningItem& open_reasoning();
  enum class Calls { All, Ended };
  void close_content(std::string_view status_of_last = "completed");
  void close_calls(Calls which, std::string_view status_of_last = "completed");
  std::string encrypted(canonical::Vendor vendor, std::string_view proof, bool redacted) const;

  const canonical::ReplyRules& rules_;
  Frames frames_;
  ResponseHead head_;
  Progress progress_;
  bool begun_ = false;
  bool ended_ = false;
  bool refused_ = false;  // in words of its own

  std::vector<std::unique_ptr<OutputItem>> items_;
  std::int64_t closed_text_ = 0;        // characters of the messages that are closed
  MessageItem* message_ = nullptr;      // open; it or the reasoning or calls
  ReasoningItem* reasoning_ = nullptr;  // open
  std::map<std::size_t, CallItem*> calls_;  // open, by their number
  std::deque<std::function<void()>> held_;
};

}  // namespace aigw::protocol::responses
