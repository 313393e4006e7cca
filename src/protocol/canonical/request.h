// A request for generated text, whichever dialect it came in: what each dialect's decoder makes and each dialect's
// encoder reads, so that n dialects need 2n converters.
//
// Plain values; belongs to whoever holds it. JSON that is only carried (schemas, numbers, server tools) stays JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/dialect.h"
#include "protocol/json_box.h"

namespace aigw::protocol::canonical {

// ---- content ----------------------------------------------------------------------------------------

// Whose proof of reasoning it is (protocols.md §3.6); worthless to every other vendor.
enum class Vendor { None, Anthropic, OpenAi, Google };

// A mark for a prompt cache (§3.10).
struct CacheMark {
  std::string ttl;  // "", `5m` or `1h`
};
// The mark of a client that names this lifetime; one that no vendor knows is left out.
CacheMark cache_mark(std::string_view ttl);

struct Text {
  std::string text;
};

// What the model said when it refused, in an earlier turn.
struct Refusal {
  std::string text;
};

// An image, a document, a sound.
struct Media {
  enum class Kind { Image, Document, TextDocument, Audio };
  enum class Source { Base64, Url, Text, FileId };
  Kind kind = Kind::Image;
  Source source = Source::Base64;
  std::string media_type;  // lower case, without parameters; "" where a URL does not tell
  std::string data;        // standard base64 with padding; or the URL, the text, the vendor's id
  std::string name;        // file name or title, ""
  std::string context;     // of a document, ""
  std::string detail;      // of an image: "", `auto`, `low`, `high`
};

// One block of reasoning of an earlier turn.
struct Thinking {
  std::string text;               // may be empty
  Vendor vendor = Vendor::None;   // None: text without proof
  std::string proof;              // opaque, byte for byte: signature, encrypted_content, thoughtSignature, redacted data
  bool redacted = false;          // Anthropic's redacted_thinking: proof is its `data`
};

struct ToolCall {
  std::string id;         // "" if it came without one
  std::string name;
  std::string arguments;  // JSON text as the model wrote it; of a custom tool the bare text
  bool custom = false;
  std::string google_signature;  // thoughtSignature that came with the call, ""
};

struct Part;

struct ToolResult {
  std::string call_id;
  std::string name;            // of the function where only the name is told (legacy `function` messages), ""
  std::vector<Part> content;   // Text and Media only
  bool is_error = false;
};

// A block of a tool that runs at Anthropic (server_tool_use, web_search_tool_result, …), verbatim.
struct ServerToolBlock {
  JsonBox block;
};

struct Part {
  std::variant<Text, Refusal, Media, Thinking, ToolCall, ToolResult, ServerToolBlock> content;
  std::optional<CacheMark> cache;
};

enum class Role {
  System,     // system and developer alike; Text parts only
  User,       // Text, Media
  Assistant,  // Text, Refusal, Thinking, ToolCall, ServerToolBlock
  Tool,       // ToolResult only
};

struct Message {
  Role role = Role::User;
  std::vector<Part> parts;
  bool developer = false;  // of a System message: the client named it so
};

// ---- tools and form ---------------------------------------------------------------------------------

struct Tool {
  enum class Kind {
    Function,
    Custom,  // takes free text; `format` may hold a grammar
    Server,  // runs at a vendor; `raw` is what the client sent
  };
  Kind kind = Kind::Function;
  std::string name;
  std::string description;
  JsonBox parameters;          // JSON Schema as sent; empty: none given
  std::optional<bool> strict;  // as sent; absent means true to Responses clients, false to others
  JsonBox format;              // of a custom tool
  JsonBox raw;
  std::optional<CacheMark> cache;
};

struct ToolChoice {
  enum class Kind { Auto, None, Required, Named, Allowed };
  Kind kind = Kind::Auto;
  std::string name;                // Named
  std::vector<std::string> names;  // Allowed
  bool required = false;           // Allowed: one of them must be called
};

// The form that the answer's text must have.
struct OutputFormat {
  enum class Kind { JsonObject, JsonSchema };
  Kind kind = Kind::JsonObject;
  std::string name;
  std::string description;
  JsonBox schema;
  std::optional<bool> strict;
};

struct Reasoning {
  std::string effort;                   // none, minimal, low, medium, high, xhigh, max; "": not said
  std::optional<std::int64_t> budget;   // tokens, where the client said so (Messages)
  bool disabled = false;                // thinking is switched off explicitly
  bool adaptive = false;                // Anthropic's adaptive form without more words
  JsonBox thinking;                     // the `thinking` object of Messages as sent, also by Chat clients (X)
};

// A field in Chat's words that has no place of its own here. Encoders take what they can say; the rest is dropped.
struct Extra {
  std::string name;         // as Chat calls it: seed, logit_bias, logprobs, metadata, …
  std::string client_name;  // as the client wrote it, for X-Gateway-Dropped
  JsonBox value;            // never null
};

// ---- the request ------------------------------------------------------------------------------------

struct Request {
  Dialect client = Dialect::Chat;
  std::string model;  // that the client asked for
  bool stream = false;
  bool include_usage = false;  // the client wants the usage chunk (Chat, Completions)

  std::vector<Message> messages;
  std::vector<Tool> tools;
  std::optional<ToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  std::optional<OutputFormat> format;
  Reasoning reasoning;

  std::optional<std::int64_t> max_tokens;  // at least 1
  JsonBox temperature;                     // numbers keep their value
  JsonBox top_p;
  JsonBox top_k;
  std::vector<std::string> stop;
  std::int64_t n = 1;
  std::string user;
  std::string safety_identifier;           // Messages' metadata.user_id, too
  std::string service_tier;                // in Chat's words: auto, default, flex, priority; "": not said
  JsonBox metadata;                        // an object
  std::vector<Extra> extras;

  // What only the way back needs.
  bool legacy_functions = false;      // the client used `functions`: it gets `function_call`
  bool encrypted_reasoning = false;   // a Responses client wants encrypted_content in reasoning items
  bool echo = false;                  // Completions: the prompt stands before the text
  std::string prompt;                 // of Completions, for `echo`
  JsonBox responses_echo;             // what a Responses object repeats of its request (§10.4)

  // Whether each tool that `tool_choice` names is among the tools; true without a choice.
  bool knows_chosen_tools() const;

  // Takes out the extra of that name in Chat's words, empty if there is none.
  JsonBox take_extra(std::string_view name);
};

// The part's content as T, or null.
template <typename T>
const T* as(const Part& part) {
  return std::get_if<T>(&part.content);
}
template <typename T>
T* as(Part& part) {
  return std::get_if<T>(&part.content);
}

}  // namespace aigw::protocol::canonical
