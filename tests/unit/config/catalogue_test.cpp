#include "config/catalogue.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/loading.h"

namespace aigw::config {
namespace {

Capabilities of_model(const char* model) { return known_capabilities(ProviderType::OpenAi, "http://localhost", model); }

}  // namespace

TEST_SUITE("config/catalogue") {

TEST_CASE("well-known models are told by their names") {
  struct Row {
    const char* model;
    std::int64_t max_output_tokens;
    ThinkingForm thinking;
    std::vector<std::string> effort_levels;
    bool reasoning_model;
  };
  const std::vector<std::string> usual = {"low", "medium", "high"};
  const std::vector<std::string> all_of_claude = {"low", "medium", "high", "xhigh", "max"};
  const Row rows[] = {
      {"claude-opus-5", 128'000, ThinkingForm::Adaptive, all_of_claude, false},
      {"claude-sonnet-5", 128'000, ThinkingForm::Adaptive, all_of_claude, false},
      {"claude-opus-4-6", 128'000, ThinkingForm::Adaptive, {"low", "medium", "high", "max"}, false},
      {"claude-sonnet-4-5-20250929", 64'000, ThinkingForm::Budget, usual, false},
      {"claude-opus-4-20250514", 32'000, ThinkingForm::Budget, usual, false},
      {"claude-opus-4-1-20250805", 32'000, ThinkingForm::Budget, usual, false},
      {"claude-3-5-haiku-latest", 8'192, ThinkingForm::None, usual, false},
      {"claude-3-haiku-20240307", 4'096, ThinkingForm::None, usual, false},
      {"anthropic/claude-sonnet-4.5", 64'000, ThinkingForm::Budget, usual, false},
      {"us.anthropic.claude-sonnet-4-5-20250929-v1:0", 64'000, ThinkingForm::Budget, usual, false},
      {"gpt-4o-2024-08-06", 16'384, ThinkingForm::None, usual, false},
      {"gpt-4.1-mini", 32'768, ThinkingForm::None, usual, false},
      {"openai/gpt-5", 128'000, ThinkingForm::None, {"minimal", "low", "medium", "high"}, true},
      {"gpt-5-mini", 128'000, ThinkingForm::None, {"minimal", "low", "medium", "high"}, true},
      {"gpt-5.1", 128'000, ThinkingForm::None, {"none", "low", "medium", "high"}, true},
      {"gpt-5.4-mini", 128'000, ThinkingForm::None, {"none", "low", "medium", "high", "xhigh"}, true},
      {"gpt-5.6-terra", 128'000, ThinkingForm::None, {"none", "low", "medium", "high", "xhigh", "max"}, true},
      {"gpt-5-chat-latest", 16'384, ThinkingForm::None, usual, false},
      {"o4-mini", 100'000, ThinkingForm::None, usual, true},
      {"gemini-2.5-flash", 65'536, ThinkingForm::Budget, usual, false},
      {"models/gemini-3-pro-preview", 65'536, ThinkingForm::Level, {"low", "high"}, false},
      {"gemini-3.1-pro-preview", 65'536, ThinkingForm::Level, {"low", "medium", "high"}, false},
      {"google/gemini-3-flash-preview", 65'536, ThinkingForm::Level, {"minimal", "low", "medium", "high"}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.model);
    const Capabilities can = of_model(row.model);
    CHECK(can.max_output_tokens == row.max_output_tokens);
    CHECK(can.thinking == row.thinking);
    CHECK(can.effort_levels == row.effort_levels);
    CHECK(can.reasoning_model == row.reasoning_model);
  }
}

TEST_CASE("what sets models apart is known") {
  CHECK(of_model("claude-opus-4-8").mid_system);
  CHECK_FALSE(of_model("claude-opus-4-7").mid_system);
  CHECK(of_model("claude-opus-4-7").rejects_sampling);
  CHECK_FALSE(of_model("claude-opus-4-6").rejects_sampling);
  CHECK_FALSE(of_model("claude-sonnet-4-6").prefill);
  CHECK(of_model("claude-haiku-4-5").prefill);
  CHECK(of_model("claude-haiku-4-5").structured_outputs);
  CHECK_FALSE(of_model("claude-sonnet-4-0").structured_outputs);
  CHECK(of_model("claude-sonnet-4-0").documents);
  CHECK(of_model("gemini-3-pro-preview").needs_thought_signature);
  CHECK_FALSE(of_model("gemini-2.5-pro").needs_thought_signature);
  CHECK(of_model("gemini-2.5-pro").json_schema_tools);
  CHECK(of_model("gemini-2.5-pro").audio_in);
  CHECK(of_model("deepseek-reasoner").reasoning_replay);
  CHECK_FALSE(of_model("deepseek-chat").reasoning_replay);
  CHECK(of_model("gpt-4o-audio-preview").audio_in);
}

TEST_CASE("what is not known has the defaults of the server") {
  Capabilities of_others;
  of_others.custom_tools = false;
  of_others.system_role = "system";
  for (const char* model : {"", "*", "llama3.1:8b", "gpt-oss:20b", "my-claude", "deepseek-vl2", "o1-preview"}) {
    CAPTURE(std::string(model));
    CHECK(of_model(model) == of_others);
  }
  CHECK(known_capabilities(ProviderType::Mock, "", "gpt-4o") == Capabilities{});
}

TEST_CASE("the server's own ways are told by type and endpoint") {
  struct Row {
    ProviderType type;
    const char* endpoint;
    bool is_openai;
  };
  for (const Row& row : {Row{ProviderType::OpenAi, "https://api.openai.com/v1", true},
                         Row{ProviderType::OpenAi, "https://x.openai.azure.com/openai/v1", true},
                         Row{ProviderType::Azure, "https://proxy.example", true},
                         Row{ProviderType::OpenAi, "http://localhost", false},
                         Row{ProviderType::Anthropic, "https://api.anthropic.com", false}}) {
    CAPTURE(std::string(row.endpoint));
    const Capabilities can = known_capabilities(row.type, row.endpoint, "a-deployment");
    CHECK(can.is_openai == row.is_openai);
    CHECK(can.tool_strict == row.is_openai);
    CHECK(can.documents == row.is_openai);
    CHECK(can.max_tokens_field == (row.is_openai ? "max_completion_tokens" : "max_tokens"));
    const bool is_other = row.type == ProviderType::OpenAi && !row.is_openai;
    CHECK(can.custom_tools == !is_other);
    CHECK(can.system_role == (is_other ? "system" : ""));
  }
  CHECK(known_capabilities(ProviderType::OpenAi, "https://openrouter.ai/api/v1", "x/y").takes_cache_control);
}

TEST_CASE("with a star the model that was asked for counts, and the file beats the catalogue") {
  const std::vector<Provider> providers = providers_of(R"({"m": {"providers": [
      {"name": "p", "type": "anthropic", "model": "*", "api_key": "k", "capabilities": {"vision": false}},
      {"name": "q", "type": "anthropic", "model": "claude-3-haiku", "api_key": "k",
       "capabilities": {"max_output_tokens": 5, "temp_xor_top_p": true}}]}})");
  REQUIRE(providers.size() == 2);
  CHECK_FALSE(providers[0].capabilities.max_output_tokens.has_value());
  CHECK(capabilities_of(providers[0], "claude-opus-5").max_output_tokens == 128'000);
  CHECK_FALSE(capabilities_of(providers[0], "claude-opus-5").vision);
  CHECK(providers[1].capabilities.max_output_tokens == 5);
  CHECK(providers[1].capabilities.temp_xor_top_p == true);
  CHECK(providers[1].capabilities.documents);
  CHECK(capabilities_of(providers[1], "claude-opus-5") == providers[1].capabilities);
}

}  // TEST_SUITE

}  // namespace aigw::config
