// An answer as a sequence of events, whichever dialect it came in: streams and whole answers alike (a whole answer is
// the same events, all at once; protocols.md §13).
//
// The order: Begin; then, for each choice, content and a Finish; usage anywhere; End or Failed last, exactly one of
// them, and nothing behind it. Views and pointers are valid during the call only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"
#include "protocol/provider_error.h"

namespace aigw::protocol::canonical {

// Tokens in the manner of OpenAI and Google: the prompt includes what was read from and written to a cache (§3.9).
struct Usage {
  std::int64_t prompt = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;     // reasoning included
  std::int64_t reasoning = 0;
  std::optional<std::int64_t> cache_write_5m;  // Anthropic's split of cache_write by lifetime
  std::optional<std::int64_t> cache_write_1h;
  std::int64_t total() const { return prompt + output; }
};

enum class FinishReason { Stop, StopSequence, Length, ContextWindow, ToolCalls, ContentFilter, Pause, Unknown };

struct Begin {
  std::string_view id;     // as the provider wrote it, "" if it did not
  std::string_view model;
  std::int64_t created = 0;  // Unix seconds; 0: not told
  std::string_view service_tier;        // in Chat's words
  std::string_view system_fingerprint;
};

struct TextDelta {
  std::string_view text;
  const Json* logprobs = nullptr;  // Chat's `logprobs` object of these tokens
};

struct RefusalDelta {
  std::string_view text;
};

struct ReasoningDelta {
  std::string_view text;
};

// Ends a block of reasoning, with the vendor's proof if there is one. A redacted block has no text before it.
struct ReasoningEnd {
  Vendor vendor = Vendor::None;
  std::string_view proof;
  bool redacted = false;
};

// `call` numbers the calls of a choice, 0, 1, 2 …, without gap.
struct CallBegin {
  std::size_t call = 0;
  std::string_view id;    // "" if the provider gave none; encoders make one up (§3.5)
  std::string_view name;
  bool custom = false;
  std::string_view google_signature;
};

struct CallDelta {
  std::size_t call = 0;
  std::string_view arguments;  // not empty
};

// The arguments are complete. Comes once for each call, at the latest before the Finish.
struct CallEnd {
  std::size_t call = 0;
};

// Citations, as Chat's `annotations` have them.
struct Annotations {
  const Json* list = nullptr;
};

// An image in the answer, as an element of `message.images`.
struct ImageOutput {
  const Json* image = nullptr;
};

// A whole block of a tool that ran at Anthropic, verbatim.
struct ServerBlock {
  const Json* block = nullptr;
};

struct Finish {
  FinishReason reason = FinishReason::Unknown;
  std::string_view native;            // the provider's own word
  std::string_view stop_sequence;     // that was met, ""
  std::string_view explanation;       // of a refusal, ""
};

struct UsageReport {
  Usage usage;  // the last one counts; never a difference
};

struct End {};

// The provider failed after its 2xx status. Encoders write §14.4 for it; whole answers never get to see it.
struct Failed {
  const ProviderError* error = nullptr;
};

struct Event {
  std::variant<Begin, TextDelta, RefusalDelta, ReasoningDelta, ReasoningEnd, CallBegin, CallDelta, CallEnd, Annotations,
               ImageOutput, ServerBlock, Finish, UsageReport, End, Failed>
      what;
  std::size_t choice = 0;  // which of `n` answers it belongs to; 0 where it belongs to all
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void take(const Event& event) = 0;
};

// Whether the event is something that the model generated (and not a frame around it).
bool is_content(const Event& event);

// Picks a lambda by the alternative: std::visit(Overloaded{[](const TextDelta&) {…}, [](const auto&) {}}, event.what).
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace aigw::protocol::canonical
