// Applies a request's rules to the answer's events on their way from the provider's decoder to the client's encoder:
// what no dialect knows of.
//
// - tool names become the client's own again (§3.4); calls of custom tools become custom calls, their `input` member
//   unwrapped (§4.4);
// - calls of the reserved JSON tool become text, and their finish a natural one (§4.5). They are the whole text: what
//   the model writes around the call is left out, unless it is too long to be held back until the call comes (4 KiB);
// - a Markdown fence around the whole text is taken off (§4.5, json_object; canonical/fence.h);
// - stop sequences that the provider does not know are looked for here: text from the match on is left out, the choice
//   finishes with it, and done() says that the provider need not go on (§5.4);
// - a finish reason that contradicts the calls is put right (§3.8, overrides 1 and 2).
//
// Holds back a few bytes of text (the longest stop sequence, a fence; 4 KiB where the JSON tool may be called; fenced
// text for a client that does not stream), and the arguments of wrapped calls.
#pragma once

#include <cstddef>
#include <memory>

#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_rules.h"

namespace aigw::protocol::canonical {

class ReplyAdapter : public EventSink {
 public:
  // Both outlive the adapter.
  ReplyAdapter(const ReplyRules& rules, EventSink& out);
  ~ReplyAdapter() override;

  void take(const Event& event) override;

  // A stop sequence ended the answer: the call of the provider can be cancelled. The answer has got its End.
  bool done() const;

  // Of wrapped calls' arguments.
  std::size_t held_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigw::protocol::canonical
