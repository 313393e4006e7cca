// A provider's answer on its way to a client that speaks another dialect: events or a whole answer in, frames or a
// whole answer out, in any combination (protocols.md §13), by the same machines.
//
// Not thread-safe; one object per answer. Holds what the client's dialect must repeat at the end (a Responses stream
// repeats all of it), and nothing else.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_adapter.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/codec.h"
#include "protocol/provider_error.h"

namespace aigw::protocol {

class AnswerConversion {
 public:
  // Both dialects generate text. `client_streams`: the client gets frames, else one JSON answer.
  AnswerConversion(Dialect client, bool client_streams, Dialect provider, canonical::ReplyRules rules);
  ~AnswerConversion();
  AnswerConversion(const AnswerConversion&) = delete;
  AnswerConversion& operator=(const AnswerConversion&) = delete;

  // Either the events of a stream and its end, …
  void take_event(std::string_view name, std::string_view data);
  void end_stream();
  // … or the whole answer, which is a JSON object or the answer failed.
  void take_answer(std::string_view body);

  // What is known so far.
  bool has_content() const { return has_content_; }          // something that makes an answer
  bool may_be_empty() const { return may_be_empty_; }        // it ended by a limit, a stop sequence or a filter
  bool finished() const { return decoder_->finished(); }     // only the end of the stream is missing
  bool ended() const { return ended_; }                      // it came to its proper end; nothing more is read
  const std::optional<ProviderError>& failure() const { return failure_; }  // the provider failed; nothing more is read
  const std::optional<canonical::Usage>& usage() const { return usage_; }
  std::size_t text_bytes() const { return text_bytes_; }     // of generated text

  // For a client that streams: the frames written since the last call.
  std::string take_frames();
  // The frames that end a stream which has begun and failed (§14.4).
  std::string error_frames(const ProviderError& error);
  // For a client that does not: the answer as JSON text. Precondition: ended().
  std::string body();

 private:
  class Tap;

  const canonical::ReplyRules rules_;
  std::unique_ptr<StreamEncoder> frames_;  // one of the two
  std::unique_ptr<AnswerEncoder> answer_;
  std::unique_ptr<canonical::ReplyAdapter> adapter_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::unique_ptr<Tap> tap_;
  void (*decode_answer_)(const Json&, canonical::EventSink&);

  bool has_content_ = false;
  bool may_be_empty_ = false;
  bool ended_ = false;
  std::optional<ProviderError> failure_;
  std::optional<canonical::Usage> usage_;
  std::size_t text_bytes_ = 0;
};

}  // namespace aigw::protocol
