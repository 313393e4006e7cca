// What a dialect can do: one row of functions for each, which is all that the rest knows of it.
//
// Adding a dialect: a folder with its encode and decode, an enumerator in base/dialect.h, a row in codec.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/dialect.h"
#include "base/result.h"
#include "config/capabilities.h"
#include "protocol/canonical/answer.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/joiner.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

// Whom a request is written for.
struct Target {
  std::string model;
  config::Capabilities can;
  config::ConversionSettings settings;
};

// Turns the events of a provider's stream into canonical ones. Not thread-safe; one object per stream.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  // One server-sent event; `name` may be empty. Data that can't be understood becomes a Failed. After End or Failed
  // nothing is read any more.
  virtual void take(std::string_view name, std::string_view data, canonical::EventSink& sink) = 0;
  // The end of input: an End where the dialect allows the stream to end so, a Failed if it was cut (§14.4).
  virtual void finish(canonical::EventSink& sink) = 0;
  // Whether the provider has said why the answer ends and all that is held back is the end itself: finish() would give
  // an End. Nobody should wait long for what may still follow (§9.2 rule 2).
  virtual bool finished() const { return false; }
};

// Writes canonical events as frames of the client's stream, each complete. An encoder gets the events of a whole
// answer as well as those of a stream.
class StreamEncoder : public canonical::EventSink {
 public:
  // The frames written since the last call.
  std::string take_frames() { return std::exchange(frames_, {}); }

  // Bytes of the answer that wait to be written behind something that has not ended.
  virtual std::size_t held_bytes() const { return 0; }

 protected:
  std::string frames_;
};

// Puts canonical events together to one answer.
class AnswerEncoder : public canonical::EventSink {
 public:
  // The answer. Precondition: End was taken.
  virtual Json finish() = 0;
};

// A function is null where the dialect is not spoken on that side.
struct Codec {
  // Clients.
  canonical::Request (*decode_request)(const Json& body, canonical::Notes& notes);
  std::unique_ptr<StreamEncoder> (*stream_encoder)(const canonical::ReplyRules& rules);
  std::unique_ptr<AnswerEncoder> (*answer_encoder)(const canonical::ReplyRules& rules);
  // Providers.
  Json (*encode_request)(canonical::Request request, const Target& target, canonical::ReplyRules& rules,
                         canonical::Notes& notes);
  std::unique_ptr<StreamDecoder> (*stream_decoder)();
  void (*decode_answer)(const Json& body, canonical::EventSink& sink);
  // Within the dialect, without loss (§13): a stream as one answer, and one answer as the frames of a stream.
  std::unique_ptr<Joiner> (*joiner)();
  Result<std::string> (*split)(std::string_view answer, bool include_usage);
};

// The row of a dialect that generates text. Precondition: generates_text(dialect), or Gemini.
const Codec& codec_of(Dialect dialect);

}  // namespace aigw::protocol
