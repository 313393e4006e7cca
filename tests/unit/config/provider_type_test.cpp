#include "config/provider_type.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace aigw::config {

TEST_SUITE("config/provider_type") {

TEST_CASE("the endpoint says whose API it is where that is obvious") {
  struct Row {
    const char* endpoint;
    ProviderType want;
  };
  const Row rows[] = {
      {"https://api.openai.com/v1", ProviderType::OpenAi},
      {"https://openrouter.ai/api/v1", ProviderType::OpenAi},
      {"http://localhost:11434/v1", ProviderType::OpenAi},
      {"https://api.anthropic.com", ProviderType::Anthropic},
      {"https://api.anthropic.com/v1", ProviderType::Anthropic},
      {"https://api.anthropic.com.example.com", ProviderType::OpenAi},
      {"https://api.deepseek.com/anthropic", ProviderType::Anthropic},
      {"https://x.services.ai.azure.com/anthropic", ProviderType::Anthropic},
      {"https://api.deepseek.com/notanthropic", ProviderType::OpenAi},
      {"https://x.openai.azure.com", ProviderType::Azure},
      {"https://x.openai.azure.com/openai/v1", ProviderType::Azure},
      {"https://x.cognitiveservices.azure.com", ProviderType::Azure},
      {"https://x.services.ai.azure.com", ProviderType::Azure},
      {"https://openai.azure.com.example.com", ProviderType::OpenAi},
      {"https://generativelanguage.googleapis.com", ProviderType::Gemini},
      {"https://generativelanguage.googleapis.com/v1beta", ProviderType::Gemini},
      {"https://generativelanguage.googleapis.com/v1beta/openai", ProviderType::OpenAi},
      {"https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google", ProviderType::Gemini},
      {"https://us-central1-aiplatform.googleapis.com/v1", ProviderType::Gemini},
      {"https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi",
       ProviderType::OpenAi},
      {"https://storage.googleapis.com", ProviderType::OpenAi},
  };
  for (const Row& row : rows) {
    CAPTURE(row.endpoint);
    CHECK(detect_type(row.endpoint, "claude-opus-5") == row.want);
  }
}

TEST_CASE("the model's name counts only where there is no endpoint") {
  CHECK(detect_type("", "claude-opus-5") == ProviderType::Anthropic);
  CHECK(detect_type("", "gemini-2.5-pro") == ProviderType::Gemini);
  CHECK(detect_type("", "gpt-4o") == ProviderType::OpenAi);
  CHECK(detect_type("", "my-claude-") == ProviderType::OpenAi);
  CHECK(detect_type("http://litellm:4000/v1", "gemini-2.5-pro") == ProviderType::OpenAi);
}

TEST_CASE("each type speaks its own dialects") {
  using Dialects = std::vector<Dialect>;
  const Dialects plain = {Dialect::Chat, Dialect::Completions, Dialect::Embeddings};
  const Dialects with_responses = {Dialect::Chat, Dialect::Completions, Dialect::Embeddings, Dialect::Responses};
  CHECK(own_dialects(ProviderType::OpenAi, "http://localhost", "") == plain);
  CHECK(own_dialects(ProviderType::OpenAi, "https://api.openai.com/v1", "") == with_responses);
  CHECK(own_dialects(ProviderType::OpenAi, "https://eu.api.openai.com/v1", "") == with_responses);
  CHECK(own_dialects(ProviderType::OpenAi, "https://notapi.openai.com/v1", "") == plain);
  CHECK(own_dialects(ProviderType::Azure, "https://proxy.example", "") == with_responses);
  CHECK(own_dialects(ProviderType::Azure, "https://x.openai.azure.com", "2024-10-21") == plain);
  CHECK(own_dialects(ProviderType::Anthropic, "https://api.anthropic.com", "") == Dialects{Dialect::Messages});
  CHECK(own_dialects(ProviderType::Gemini, "https://x.example", "") == Dialects{Dialect::Gemini});
  CHECK(own_dialects(ProviderType::Mock, "", "") == plain);
}

}  // TEST_SUITE

}  // namespace aigw::config
