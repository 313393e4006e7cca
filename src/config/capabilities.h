// What a provider's model can do, as far as a conversion to its dialect depends on it (`"capabilities": {...}` at a
// provider; protocols.md §0.4), and what the operator wants of conversions.
//
// Every default is that of an unknown model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aigw::config {

// How a model is told to think.
enum class ThinkingForm {
  None,      // it can't be
  Budget,    // with a number of tokens
  Adaptive,  // with an effort (Anthropic)
  Level,     // with a level (Gemini 3)
};

struct Capabilities {
  std::optional<std::int64_t> max_output_tokens;  // the model's own limit; unknown: 4096 where a dialect requires one
  ThinkingForm thinking = ThinkingForm::None;
  std::vector<std::string> effort_levels = {"low", "medium", "high"};
  bool structured_outputs = false;     // native output by schema
  bool rejects_sampling = false;       // refuses temperature, top_p, top_k
  std::optional<bool> temp_xor_top_p;  // refuses temperature beside top_p; absent: true for Messages, else false
  bool mid_system = false;             // Messages: takes role `system` inside `messages`
  bool prefill = true;                 // takes a final assistant turn
  std::string max_tokens_field = "max_tokens";  // Chat: or `max_completion_tokens`, as OpenAI and Azure have it
  bool reasoning_model = false;        // Chat, Responses: a reasoning model in OpenAI's manner
  bool reasoning_replay = false;       // Chat: wants earlier `reasoning_content` back in assistant turns
  bool tool_strict = false;            // honours `strict` of tools, as OpenAI does
  bool vision = true;
  bool documents = false;
  bool audio_in = false;
  bool system_parts = true;            // Chat: takes an array of parts as system content
  bool json_with_tools = false;        // Gemini: JSON mode beside tools
  bool json_schema_tools = false;      // Gemini: takes parametersJsonSchema and responseJsonSchema
  bool needs_thought_signature = false;  // Gemini: refuses function calls without one
  bool usage_in_stream = true;         // Chat, Completions: takes stream_options.include_usage
  bool takes_top_k = false;            // Chat: takes `top_k` (vLLM, SGLang, OpenRouter)
  bool takes_cache_control = false;    // Chat: takes Anthropic's cache marks (OpenRouter)
  bool cache_breakpoints = false;      // Chat: takes OpenAI's prompt_cache_breakpoint
  bool custom_tools = true;            // Chat: takes tools of type `custom`; else they are sent as functions
  bool is_openai = false;              // OpenAI or Azure itself: its limits and field names apply
  // Chat, Responses: `system` or `developer`, as which instructions are sent; "": in Chat as the client named it, else
  // `system`; in Responses `developer`.
  std::string system_role;
  bool operator==(const Capabilities&) const = default;
};

// What an operator may set for a route (protocols.md, by these names).
struct ConversionSettings {
  bool strict_params = false;            // a field that can't be expressed is refused, not dropped
  bool rewrite_model = false;            // answers carry the model name that the client asked for
  bool drop_server_tools = false;        // tools that run at another vendor are left out, not refused
  bool expose_upstream_limits = false;   // the provider's rate-limit headers reach the client
  bool pass_upstream_auth_errors = false;  // a provider's 401 and 403 reach the client as such
  bool operator==(const ConversionSettings&) const = default;
};

// The words of the file: `none`, `budget`, ….
const char* to_string(ThinkingForm form);

}  // namespace aigw::config
