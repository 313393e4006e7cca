// Gemini's answer, whole or in chunks of the same form: objects in, canonical events out (protocols.md §11.3).
//
// Not thread-safe; one object per answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "protocol/canonical/answer.h"
#include "protocol/gemini/candidate.h"
#include "protocol/provider_error.h"

namespace aigw::protocol::gemini {

class AnswerReader {
 public:
  // One object: a chunk of a stream, or the answer. Not an error.
  void read(const Json& object, canonical::EventSink& sink);

  // Ends the answer: each choice, then End; or Failed where there is no answer, or one of its choices lacks a reason to
  // end (§11.3). `whole`: it did not come in chunks, so that an answer without choices was not cut, but is none.
  void finish(bool whole, canonical::EventSink& sink);

 private:
  // Each as the provider told it last: chunks may lack some of them (§3.9).
  struct Counts {
    std::int64_t prompt = 0;
    std::int64_t tool_prompt = 0;
    std::int64_t cached = 0;
    std::int64_t candidates = 0;
    std::int64_t thoughts = 0;
  };

  void begin(const Json& object, canonical::EventSink& sink);
  void read_counts(const Json& metadata);
  canonical::Usage usage() const;
  void refuse(canonical::EventSink& sink);
  bool is_cut() const;
  std::optional<ProviderError> failure() const;

  bool begun_ = false;
  Counts counts_;
  std::string block_reason_;   // why the prompt was not answered, ""
  std::string block_message_;
  std::map<std::size_t, Candidate> candidates_;
};

// One that the provider's answer shows, without the provider's own words (§14.4).
ProviderError broken_stream(std::string message);

}  // namespace aigw::protocol::gemini
