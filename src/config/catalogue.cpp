#include "config/catalogue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "config/capabilities_reader.h"
#include "config/model_pattern.h"
#include "config/provider_type.h"

namespace aigw::config {
namespace {

using Levels = std::vector<std::string>;

// A model whose name fits the pattern; the first row that fits counts.
struct Row {
  const char* pattern;
  Capabilities can;
};

// Of the vendor's prefixes (`anthropic/`, `models/`, `us.anthropic.`) nothing is left, and Claude's versions are
// written with dashes, as Anthropic does.
std::string plain_name(std::string_view model) {
  std::string name = lower(model.substr(model.rfind('/') + 1));
  const std::size_t claude = name.find("claude-");
  if (claude == std::string::npos) return name;
  name.erase(0, claude);
  std::replace(name.begin(), name.end(), '.', '-');
  return name;
}

// ---- Anthropic --------------------------------------------------------------------------------------
// https://platform.claude.com/docs/en/about-claude/models/overview, and there "Adaptive thinking", "Effort",
// "Structured outputs" and "Mid-conversation system messages"; 2026-08, the 5.5 models 2026-10. All take PDFs.

Capabilities claude(std::int64_t max_output_tokens, ThinkingForm thinking) {
  Capabilities can;
  can.max_output_tokens = max_output_tokens;
  can.thinking = thinking;
  can.documents = true;
  return can;
}

Capabilities claude_4_5() {
  Capabilities can = claude(64'000, ThinkingForm::Budget);
  can.structured_outputs = true;
  return can;
}

// A last assistant turn is refused from here on.
Capabilities claude_4_6() {
  Capabilities can = claude(128'000, ThinkingForm::Adaptive);
  can.effort_levels = {"low", "medium", "high", "max"};
  can.structured_outputs = true;
  can.prefill = false;
  return can;
}

// Sampling parameters are refused from here on.
Capabilities claude_4_7() {
  Capabilities can = claude_4_6();
  can.effort_levels = {"low", "medium", "high", "xhigh", "max"};
  can.rejects_sampling = true;
  return can;
}

Capabilities claude_4_8() {
  Capabilities can = claude_4_7();
  can.mid_system = true;
  return can;
}

const std::vector<Row>& claude_models() {
  static const std::vector<Row> rows = {
      {"claude-opus-5*", claude_4_8()},
      {"claude-fable-5*", claude_4_8()},
      {"claude-mythos-5*", claude_4_8()},
      {"claude-sonnet-5*", claude_4_7()},
      {"claude-haiku-5*", claude_4_7()},
      {"claude-opus-4-8*", claude_4_8()},
      {"claude-opus-4-7*", claude_4_7()},
      {"claude-opus-4-6*", claude_4_6()},
      {"claude-sonnet-4-6*", claude_4_6()},
      {"claude-opus-4-5*", claude_4_5()},
      {"claude-sonnet-4-5*", claude_4_5()},
      {"claude-haiku-4-5*", claude_4_5()},
      {"claude-opus-4*", claude(32'000, ThinkingForm::Budget)},
      {"claude-sonnet-4*", claude(64'000, ThinkingForm::Budget)},
      {"claude-3-7-sonnet*", claude(64'000, ThinkingForm::Budget)},
      {"claude-3-5-*", claude(8'192, ThinkingForm::None)},
      {"claude-3-*", claude(4'096, ThinkingForm::None)},
  };
  return rows;
}

// ---- OpenAI -----------------------------------------------------------------------------------------
// https://platform.openai.com/docs/models and https://platform.openai.com/docs/guides/reasoning, 2026-08.

Capabilities gpt(std::int64_t max_output_tokens, bool structured_outputs = true, bool vision = true) {
  Capabilities can;
  can.max_output_tokens = max_output_tokens;
  can.structured_outputs = structured_outputs;
  can.vision = vision;
  return can;
}

Capabilities gpt_audio() {
  Capabilities can = gpt(16'384, false, false);
  can.audio_in = true;
  return can;
}

Capabilities reasoning(std::int64_t max_output_tokens, Levels effort_levels, bool vision = true) {
  Capabilities can = gpt(max_output_tokens, true, vision);
  can.reasoning_model = true;
  can.effort_levels = std::move(effort_levels);
  return can;
}

const std::vector<Row>& gpt_models() {
  static const std::vector<Row> rows = {
      {"gpt-5.6*", reasoning(128'000, {"none", "low", "medium", "high", "xhigh", "max"})},
      {"gpt-5.*-pro*", reasoning(128'000, {"medium", "high", "xhigh"})},
      {"gpt-5.*-chat*", reasoning(16'384, {"medium"})},
      {"gpt-5.1-codex-max*", reasoning(128'000, {"low", "medium", "high", "xhigh"})},
      {"gpt-5.1-codex*", reasoning(128'000, {"low", "medium", "high"})},
      {"gpt-5.*-codex*", reasoning(128'000, {"low", "medium", "high", "xhigh"})},
      {"gpt-5.1*", reasoning(128'000, {"none", "low", "medium", "high"})},
      {"gpt-5.*", reasoning(128'000, {"none", "low", "medium", "high", "xhigh"})},
      {"gpt-5-pro*", reasoning(272'000, {"high"})},
      {"gpt-5-chat*", gpt(16'384)},
      {"gpt-5-codex*", reasoning(128'000, {"low", "medium", "high"})},
      {"gpt-5*", reasoning(128'000, {"minimal", "low", "medium", "high"})},
      {"o4-mini*", reasoning(100'000, {"low", "medium", "high"})},
      {"o3-mini*", reasoning(100'000, {"low", "medium", "high"}, false)},
      {"o3*", reasoning(100'000, {"low", "medium", "high"})},
      {"o1", reasoning(100'000, {"low", "medium", "high"})},
      {"o1-pro*", reasoning(100'000, {"low", "medium", "high"})},
      {"o1-2024-12-17", reasoning(100'000, {"low", "medium", "high"})},
      {"gpt-4.1*", gpt(32'768)},
      {"gpt-4o*-audio*", gpt_audio()},
      {"gpt-audio*", gpt_audio()},
      {"gpt-4o-2024-05-13", gpt(4'096, false)},
      {"gpt-4o*", gpt(16'384)},
      {"gpt-4-turbo*", gpt(4'096, false)},
      {"gpt-4", gpt(8'192, false, false)},
      {"gpt-4-0613", gpt(8'192, false, false)},
      {"gpt-3.5-turbo*", gpt(4'096, false, false)},
  };
  return rows;
}

// ---- Google -----------------------------------------------------------------------------------------
// https://ai.google.dev/gemini-api/docs/models and there "Thinking", "Thought signatures" and "Structured outputs",
// 2026-08.

Capabilities gemini() {
  Capabilities can;
  can.structured_outputs = true;
  can.documents = true;
  can.audio_in = true;
  return can;
}

Capabilities gemini_2_0() {
  Capabilities can = gemini();
  can.max_output_tokens = 8'192;
  return can;
}

Capabilities gemini_2_5() {
  Capabilities can = gemini();
  can.max_output_tokens = 65'536;
  can.thinking = ThinkingForm::Budget;
  can.json_schema_tools = true;
  return can;
}

Capabilities gemini_3(Levels levels) {
  Capabilities can = gemini_2_5();
  can.thinking = ThinkingForm::Level;
  can.effort_levels = std::move(levels);
  can.json_with_tools = true;
  can.needs_thought_signature = true;
  return can;
}

const std::vector<Row>& gemini_models() {
  static const std::vector<Row> rows = {
      {"gemini-3-pro*", gemini_3({"low", "high"})},
      {"gemini-3*-flash*", gemini_3({"minimal", "low", "medium", "high"})},
      {"gemini-3*", gemini_3({"low", "medium", "high"})},
      {"gemini-2.5-*", gemini_2_5()},
      {"gemini-2.0-*", gemini_2_0()},
      {"gemini-*", gemini()},
  };
  return rows;
}

// ---- DeepSeek ---------------------------------------------------------------------------------------
// https://api-docs.deepseek.com/guides/thinking_mode, 2026-08: calls of tools are refused without the reasoning that
// led to them. Only text is taken.

Capabilities deepseek(bool reasoning_replay) {
  Capabilities can;
  can.reasoning_replay = reasoning_replay;
  can.vision = false;
  return can;
}

const std::vector<Row>& deepseek_models() {
  static const std::vector<Row> rows = {
      {"deepseek-reasoner", deepseek(true)},
      {"deepseek-v4*", deepseek(true)},
      {"deepseek-chat", deepseek(false)},
  };
  return rows;
}

Capabilities find_model(const std::string& name) {
  for (const auto* rows : {&claude_models(), &gpt_models(), &gemini_models(), &deepseek_models()}) {
    for (const Row& row : *rows) {
      if (matches_pattern(row.pattern, name)) return row.can;
    }
  }
  return {};
}

}  // namespace

Capabilities known_capabilities(ProviderType type, std::string_view endpoint, std::string_view model) {
  if (type == ProviderType::Mock) return {};
  Capabilities can = find_model(plain_name(model));
  if (type == ProviderType::Azure || (type == ProviderType::OpenAi && is_openai_itself(endpoint))) {
    can.is_openai = true;
    can.max_tokens_field = "max_completion_tokens";
    can.tool_strict = true;
    can.documents = true;
  } else if (type == ProviderType::OpenAi) {
    can.custom_tools = false;
    can.system_role = "system";
  }
  if (type == ProviderType::OpenAi && is_openrouter(endpoint)) {
    can.takes_top_k = true;
    can.takes_cache_control = true;
  }
  return can;
}

Capabilities capabilities_of(const Provider& provider, std::string_view model) {
  if (provider.model != "*") return provider.capabilities;
  return overlay(known_capabilities(provider.type, provider.endpoint, model), provider.capabilities,
                 provider.own_capabilities);
}

}  // namespace aigw::config
