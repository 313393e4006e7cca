// The few top-level fields of a request body that the gateway reads, and the edits that it makes.
//
// A body is never parsed into a tree and written again: the reader finds the byte ranges of the fields it
// needs, and an edit replaces just those bytes. So key order, the spelling of numbers, unknown fields and
// escapes reach the provider as the client wrote them (protocols.md §0.2: prompt caches and signatures
// depend on exact text).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aigw::protocol {

// A range of bytes of the body.
struct Span {
  std::size_t offset = 0;
  std::size_t length = 0;

  std::size_t end() const { return offset + length; }
  std::string_view of(std::string_view text) const { return text.substr(offset, length); }
};

// The bytes at `where` are replaced by `text`; a length of 0 inserts.
struct Edit {
  Span where;
  std::string text;
};

struct Envelope {
  std::optional<std::string> model;         // unescaped; with duplicate keys the last one counts, as in JSON parsers
  std::vector<Span> model_values;           // where the value stands, quotes included; every occurrence
  bool stream = false;                      // `"stream": true`
  std::vector<Span> stream_values;
  bool include_usage = false;               // `stream_options.include_usage` is true
  std::vector<Span> stream_options_values;  // the whole value, object or null
  std::vector<Span> stream_options_fields;  // key, colon, value, and one comma beside it: for taking it out
  std::optional<std::int64_t> max_tokens;   // the largest of max_tokens, max_completion_tokens, max_output_tokens
  std::int64_t choices = 1;                 // `n`, 1 if absent
  std::size_t members_begin = 0;            // offset just behind the opening brace
  bool has_members = false;                 // false for `{}`: an inserted field takes no comma
};

// Nesting that a body may have; deeper is an error. Other software on the way recurses (design.md §3).
inline constexpr std::size_t kDepthMax = 512;

// Reads a JSON body of any size. The whole text is validated (UTF-8, syntax, depth), not only the fields read.
// Errors: BadRequest; `detail` is a sentence for the client with the position where one is known
// (`Invalid JSON at byte 17 (line 2, column 5): …`), also for a body that is not an object, for a `model` that
// is not a string, and for a `stream` that is neither a boolean nor null.
Result<Envelope> read_envelope(std::string_view body);

// The edit that makes `name` the model. Precondition: the envelope was read from the same body.
void set_model(const Envelope& envelope, std::string_view name, std::vector<Edit>& edits);

// The edits for `"stream": wanted`, none if it is so already; taking streaming away also takes `stream_options`
// out, which providers refuse without it.
void set_stream(const Envelope& envelope, bool wanted, std::vector<Edit>& edits);

// The edit that sets `stream_options.include_usage` to true and keeps its other members.
// `body` is the text that the envelope was read from.
void ask_for_usage(const Envelope& envelope, std::string_view body, std::vector<Edit>& edits);

// The body with the edits made, as pieces of `body` and of the edits' texts, in order; nothing is copied.
// Both must outlive the pieces. `edits` is sorted by offset; precondition: no two of them overlap. (Call it with its
// namespace: the arguments bring std::apply in.)
std::vector<std::string_view> apply(std::string_view body, std::vector<Edit>& edits);

}  // namespace aigw::protocol
