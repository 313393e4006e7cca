#include "config/resolution.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/loading.h"
#include "config/provider_type.h"

namespace aigw::config {
namespace {

Provider provider_of(const std::string& fields, const Environment& environment = kNoVariables) {
  return providers_of(R"({"m": {"providers": [{"name": "p", "model": "m", "api_key": "k", )" + fields + "}]}}",
                      environment)
      .at(0);
}

std::string refused(const std::string& fields) {
  return problems_of(R"({"m": {"providers": [{"name": "p", "model": "m", "api_key": "k", )" + fields + "}]}}");
}

}  // namespace

TEST_SUITE("config/resolution") {

TEST_CASE("type and endpoint complete each other") {
  struct Row {
    std::string fields;
    ProviderType type;
    std::string endpoint;
    std::string api_version;
  };
  const std::string azure = "https://x.openai.azure.com";
  const Row rows[] = {
      {R"("endpoint": "https://x.example/v1")", ProviderType::OpenAi, "https://x.example/v1", ""},
      {R"("endpoint": "https://api.anthropic.com", "type": "auto")", ProviderType::Anthropic,
       "https://api.anthropic.com", ""},
      {R"("endpoint": "https://api.anthropic.com/v1", "type": "openai")", ProviderType::OpenAi,
       "https://api.anthropic.com/v1", ""},
      {R"("type": "anthropic")", ProviderType::Anthropic, "https://api.anthropic.com", ""},
      {R"("type": "anthropic", "endpoint": "http://localhost:1")", ProviderType::Anthropic, "http://localhost:1", ""},
      {R"("type": "gemini")", ProviderType::Gemini, "https://generativelanguage.googleapis.com", ""},
      {R"("endpoint": "https://x.openai.azure.com/")", ProviderType::Azure, azure, ""},
      {R"("endpoint": "https://x.openai.azure.com/openai/v1/")", ProviderType::Azure, azure + "/openai/v1", ""},
      {R"("endpoint": "https://x.openai.azure.com/openai/v1/chat/completions")", ProviderType::Azure,
       azure + "/openai/v1", ""},
      {R"("endpoint": "https://x.openai.azure.com", "api_version": "2024-10-21")", ProviderType::Azure, azure,
       "2024-10-21"},
      {R"("endpoint": "https://x.openai.azure.com/openai?api-version=2024-10-21")", ProviderType::Azure, azure,
       "2024-10-21"},
      {R"("endpoint": "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21")",
       ProviderType::Azure, azure + "/openai/deployments/d", "2024-10-21"},
      {R"("endpoint": "https://x.openai.azure.com?api-version=2024-10-21", "api_version": "2025-01-01-preview")",
       ProviderType::Azure, azure, "2025-01-01-preview"},
      {R"("endpoint": "https://x.openai.azure.com?api-version=2024-10-21", "api_version": "")", ProviderType::Azure,
       azure, ""},
      {R"("endpoint": "https://proxy.example", "api_version": "2024-10-21")", ProviderType::Azure,
       "https://proxy.example", "2024-10-21"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const Provider provider = provider_of(row.fields);
    CHECK(provider.type == row.type);
    CHECK(provider.endpoint == row.endpoint);
    CHECK(provider.api_version == row.api_version);
    CHECK(provider.dialects == own_dialects(row.type, row.endpoint, row.api_version));
  }
}

TEST_CASE("without an endpoint the model's name says whose it is") {
  const auto problems = [](const std::string& model) {
    return problems_of(R"({"m": {"providers": [{"name": "p", "api_key": "k", "model": ")" + model + "\"}]}}");
  };
  CHECK(problems("claude-opus-5") == "");
  CHECK(problems("gemini-2.5-pro") == "");
  CHECK(problems("gpt-4o") == "m.providers[0]: \"endpoint\" is required\n");
}

TEST_CASE("contradictions are refused") {
  struct Row {
    std::string fields;
    std::string want;
  };
  const Row rows[] = {
      {R"("type": "azure")", "m.providers[0]: \"endpoint\" is required\n"},
      {R"("type": "openai", "endpoint": "https://x.example", "api_version": "2024-10-21")",
       "m.providers[0]: \"api_version\" is for providers of \"type\": \"azure\" only\n"},
      {R"("type": "anthropic", "endpoint": "https://x.example?api-version=1")",
       "m.providers[0]: an endpoint with ?api-version= is for providers of \"type\": \"azure\" only\n"},
      {R"("endpoint": "https://x.example/?api-version=1&y=2")",
       "m.providers[0].endpoint: a URL must not contain a query (?...)\n"},
      {R"("endpoint": "https://x.openai.azure.com", "api_version": "v 1")",
       "m.providers[0].api_version: expected a version like \"2024-10-21\", or \"\" for the v1 form\n"},
      {R"("endpoint": "https://x.openai.azure.com/openai/v1?api-version=preview")",
       "m.providers[0]: an endpoint that ends with /openai/v1 takes no \"api_version\"\n"},
      {R"("endpoint": "https://x.openai.azure.com/openai/deployments/d")",
       "m.providers[0]: the endpoint names a deployment, so \"api_version\" is required, like \"2024-10-21\"\n"},
      {R"("type": "gemini", "dialects": ["chat"])",
       "m.providers[0]: a provider of \"type\": \"gemini\" speaks Gemini's own dialect only, so \"dialects\" must be "
       "empty\n"},
      {R"("type": "mock", "dialects": ["chat", "messages"])",
       "m.providers[0]: a provider of \"type\": \"mock\" speaks chat, completions and embeddings only\n"},
      {R"("endpoint": "https://x.example", "dialects": ["chta"])",
       "m.providers[0].dialects[0]: unknown dialect \"chta\", did you mean \"chat\"?\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(refused(row.fields) == row.want);
  }
  CHECK(problems_of(R"({"m": {"providers": [{"name": "p", "model": "m", "type": "anthropic"}]}})") ==
        "m.providers[0]: \"api_key\" is required; write \"api_key\": \"\" if this endpoint takes none\n");
}

TEST_CASE("a variable that is not set makes unavailable, and contradicts nothing") {
  for (const std::string& fields : {std::string(R"("endpoint": "${NONE}", "api_version": "2024-10-21")"),
                                    std::string(R"("endpoint": "https://x.openai.azure.com/openai/deployments/d",
                                                   "api_version": "${NONE}")"),
                                    std::string(R"("type": "gemini", "endpoint": "${NONE}")")}) {
    CAPTURE(fields);
    CHECK(provider_of(fields).unavailable_reason == "environment variable NONE is not set");
  }
}

TEST_CASE("the dialects of the file are all that is spoken") {
  using Dialects = std::vector<Dialect>;
  const std::string endpoint = R"("endpoint": "https://api.openai.com/v1", )";
  CHECK(provider_of(endpoint + R"("dialects": ["messages", "chat", "messages"])").dialects ==
        Dialects{Dialect::Messages, Dialect::Chat});
  CHECK(provider_of(endpoint + R"("dialects": [])").dialects.size() == 4);
  CHECK(provider_of(R"("type": "mock", "dialects": ["chat"])").dialects == Dialects{Dialect::Chat});
}

TEST_CASE("accounts carry what concerns the API") {
  const std::vector<Provider> providers = providers_of(with_account(
      R"({"type": "azure", "endpoint": "https://x.example", "api_key": "k", "api_version": "2024-10-21",
          "dialects": ["chat"], "capabilities": {"vision": false, "max_output_tokens": 7, "mid_system": true},
          "params": {"drop": ["a"], "set": {"b": 1.0}}})",
      R"({"name": "p", "model": "m", "use": "acc"},
         {"name": "q", "model": "m", "use": "acc", "type": "auto", "endpoint": "https://api.openai.com/v1",
          "api_version": "", "dialects": [], "capabilities": {"max_output_tokens": null, "mid_system": false},
          "params": {"drop": []}})"));
  REQUIRE(providers.size() == 2);
  CHECK(providers[0].type == ProviderType::Azure);
  CHECK(providers[0].api_version == "2024-10-21");
  CHECK(providers[0].dialects == std::vector<Dialect>{Dialect::Chat});
  CHECK_FALSE(providers[0].capabilities.vision);
  CHECK(providers[0].capabilities.max_output_tokens == 7);
  CHECK(providers[0].capabilities.mid_system);
  CHECK(providers[0].capabilities.is_openai);
  CHECK(providers[0].params == Params{{"a"}, {}, {{"b", "1.0"}}, {}});

  CHECK(providers[1].type == ProviderType::OpenAi);
  CHECK(providers[1].dialects.size() == 4);
  CHECK_FALSE(providers[1].capabilities.vision);
  CHECK_FALSE(providers[1].capabilities.max_output_tokens.has_value());
  CHECK_FALSE(providers[1].capabilities.mid_system);
  CHECK(providers[1].params == Params{{}, {}, {{"b", "1.0"}}, {}});
}

}  // TEST_SUITE

}  // namespace aigw::config
