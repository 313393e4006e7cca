// What the gateway must know of a provider's answer to decide and to count: is it an error, has it content,
// has it ended, what did it cost. Read from one event of a stream or from a whole JSON answer, without
// building a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/endpoint.h"
#include "protocol/provider_error.h"

namespace aigw::protocol {

// The `usage` object of an answer, whichever names the dialect gives its members.
struct TokenCount {
  std::int64_t prompt = 0;
  std::int64_t completion = 0;
  // Parts of `prompt`: read from the provider's cache, written to it.
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t total() const { return prompt + completion; }
};

// What one event says of the usage. Counts are of the whole answer so far, never differences. An event of Messages may
// name only some of them; those of other dialects name all.
struct TokenUpdate {
  std::optional<std::int64_t> prompt;  // without the parts below
  std::optional<std::int64_t> completion;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
};

// The count with what the update names in place of what was known (protocols.md §7).
TokenCount updated(const std::optional<TokenCount>& known, const TokenUpdate& update);

// The facts of one event's data.
struct EventFacts {
  bool parsed = false;                 // false: the data is not a JSON object
  bool done = false;                   // `[DONE]`, or the last typed event of a Responses or Messages stream
  bool meaningful = false;             // text, reasoning, a tool call, a refusal, a finish reason, or an unknown
                                       // event with content
  bool content = false;                // meaningful for more than its finish reason: the answer is not empty
  bool finished = false;               // carries a finish reason (or is response.completed/incomplete)
  bool may_be_empty = false;           // it ended by a limit, a stop sequence or a filter: an answer without content
                                       // is one, too
  bool ignored = false;                // `[DONE]` in a dialect that has none (protocols.md §2.1 rule 6)
  bool usage_only = false;             // the chunk that include_usage adds: empty `choices` and a usage object
  std::size_t text_bytes = 0;          // bytes of generated text, for an estimate of tokens
  std::optional<std::int64_t> sequence_number;  // of an event of Responses
  std::optional<TokenUpdate> usage;
  std::optional<ProviderError> error;  // the event says that the provider failed
};

// `name` is the event's name or empty. `data` must have kPadding readable bytes behind its end.
EventFacts read_event(Dialect dialect, std::string_view name, std::string_view data);
inline constexpr std::size_t kPadding = 64;

// The facts of a whole answer with a 2xx status.
struct AnswerFacts {
  bool parsed = false;                 // false: not JSON
  bool empty = false;                  // where a model writes: no text, tool call, refusal or reasoning, and no end
                                       // that allows for that
  std::size_t text_bytes = 0;
  std::optional<TokenCount> usage;
  std::optional<ProviderError> error;  // an error object inside a 200
};

// `body` may be given more capacity; its text does not change.
AnswerFacts read_answer(Dialect dialect, std::string& body);

// Bytes per token when nothing better is known (protocols.md §12.3).
inline constexpr std::int64_t kBytesPerToken = 4;
inline std::int64_t estimate_tokens(std::size_t text_bytes) {
  return (static_cast<std::int64_t>(text_bytes) + kBytesPerToken - 1) / kBytesPerToken;
}

}  // namespace aigw::protocol
