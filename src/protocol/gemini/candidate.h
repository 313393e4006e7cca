// One of the answers that Gemini gives at once: parts in, canonical events out (protocols.md §11.3).
//
// Not thread-safe; one object per choice. Holds a few words of the answer, never its text, but where its characters
// begin.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/gemini/character_index.h"
#include "protocol/json_box.h"

namespace aigw::protocol::gemini {

class Candidate {
 public:
  explicit Candidate(std::size_t choice) : choice_(choice) {}

  // What an element of `candidates` adds. Parts of unknown kinds are skipped.
  void read(const Json& candidate, canonical::EventSink& sink);

  // Precondition: nothing is read any more, and there is a reason. Citations, and the Finish.
  void finish(canonical::EventSink& sink);

  // The reason may come in a chunk of its own; the last one counts.
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }  // the provider's words on the reason
  bool has_content() const { return has_content_; }        // text, a call or an image; not thoughts alone
  // The reason says that the model wrote a call which can't be read, or none at all.
  bool is_broken() const;

 private:
  void read_part(const Json& part, canonical::EventSink& sink);
  void read_thought(const Json& part, std::string_view signature, canonical::EventSink& sink);
  void read_call(const Json& call, std::string_view signature, canonical::EventSink& sink);
  void read_image(const Json& blob, canonical::EventSink& sink);
  void write_text(std::string_view text, canonical::EventSink& sink);
  void write_fenced(std::string_view language, std::string_view text, canonical::EventSink& sink);
  void end_reasoning(std::string_view signature, canonical::EventSink& sink);
  canonical::FinishReason finish_reason() const;

  const std::size_t choice_;
  std::size_t calls_ = 0;  // numbers calls through the whole stream, whatever chunk they come in
  bool reasons_ = false;   // a block of reasoning is open
  bool has_content_ = false;
  bool at_line_start_ = true;
  const Json* logprobs_ = nullptr;  // of the next text; valid while a chunk is read
  std::string reason_;
  std::string message_;
  JsonBox citations_;
  CharacterIndex characters_;  // of the text, for the places of citations
};

}  // namespace aigw::protocol::gemini
