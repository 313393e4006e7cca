#include "gateway/vendor.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace aigw::gateway {
namespace {

using config::ProviderType;

config::Provider provider_of(ProviderType type, std::vector<Dialect> dialects) {
  config::Provider provider;
  provider.type = type;
  provider.dialects = std::move(dialects);
  provider.api_key = Secret("key-1234");
  return provider;
}

const std::vector<Dialect> kOpenAi = {Dialect::Chat, Dialect::Completions, Dialect::Embeddings};

std::string path_at(const config::Provider& provider, const char* base, Operation operation) {
  const Result<Url> url = parse_url(base);
  REQUIRE(url.has_value());
  return path_of(provider, *url, operation);
}

TEST_SUITE("gateway/vendor") {
  TEST_CASE("a provider is spoken to in the client's dialect, else in one that it can be converted to") {
    struct Row {
      std::vector<Dialect> spoken;
      Dialect client;
      std::optional<Dialect> want;
    };
    for (const Row& row : {Row{kOpenAi, Dialect::Chat, Dialect::Chat}, Row{kOpenAi, Dialect::Messages, Dialect::Chat},
                           Row{kOpenAi, Dialect::Responses, Dialect::Chat},
                           Row{{Dialect::Chat}, Dialect::Completions, Dialect::Chat},
                           Row{{Dialect::Chat, Dialect::Messages}, Dialect::Messages, Dialect::Messages},
                           Row{{Dialect::Messages}, Dialect::Chat, Dialect::Messages},
                           Row{{Dialect::Messages}, Dialect::Embeddings, std::nullopt},
                           Row{{Dialect::Gemini}, Dialect::Responses, Dialect::Gemini},
                           Row{{Dialect::Gemini}, Dialect::Embeddings, Dialect::Gemini},
                           Row{{Dialect::Responses}, Dialect::Messages, Dialect::Responses},
                           Row{{Dialect::Messages}, Dialect::TokenCount, Dialect::Messages},
                           Row{{Dialect::Gemini}, Dialect::TokenCount, Dialect::Gemini},
                           Row{{Dialect::Responses}, Dialect::TokenCount, std::nullopt},
                           Row{kOpenAi, Dialect::TokenCount, std::nullopt}}) {
      CAPTURE(to_string(row.client));
      CHECK(dialect_towards(provider_of(ProviderType::OpenAi, row.spoken), row.client) == row.want);
    }
    CHECK(dialect_towards(provider_of(ProviderType::OpenAi, kOpenAi), Dialect::Plain) == Dialect::Plain);
    CHECK_FALSE(dialect_towards(provider_of(ProviderType::Anthropic, {Dialect::Messages}), Dialect::Plain));
    CHECK_FALSE(dialect_towards(provider_of(ProviderType::Gemini, {Dialect::Gemini}), Dialect::Plain));
  }

  TEST_CASE("OpenAI itself counts tokens") {
    config::Provider provider = provider_of(ProviderType::OpenAi, {Dialect::Chat, Dialect::Responses});
    provider.capabilities.is_openai = true;
    CHECK(dialect_towards(provider, Dialect::TokenCount) == Dialect::Responses);
  }

  TEST_CASE("each vendor has its own paths") {
    struct Row {
      ProviderType type;
      const char* base;
      const char* api_version;
      Operation operation;
      const char* want;
    };
    const auto chat = [](Dialect client, bool streams = false) {
      return Operation{client, Dialect::Chat, "/chat/completions", "some/model", streams};
    };
    const auto gemini = [](Dialect client, bool streams, const char* model) {
      return Operation{client, Dialect::Gemini, "/chat/completions", model, streams};
    };
    const Operation messages{Dialect::Chat, Dialect::Messages, "/chat/completions", "claude", false};
    const Operation count{Dialect::TokenCount, Dialect::Messages, "/messages/count_tokens", "claude", false};
    const Operation speech{Dialect::Plain, Dialect::Plain, "/audio/speech", "tts", false};
    for (const Row& row : {
             Row{ProviderType::OpenAi, "http://host/v1", "", chat(Dialect::Messages), "/v1/chat/completions"},
             Row{ProviderType::OpenAi, "http://host/v1", "", messages, "/v1/messages"},
             Row{ProviderType::OpenAi, "http://host/v1", "", count, "/v1/messages/count_tokens"},
             Row{ProviderType::OpenAi, "http://host/v1", "", speech, "/v1/audio/speech"},
             Row{ProviderType::OpenAi, "https://api.openai.com/v1", "",
                 {Dialect::TokenCount, Dialect::Responses, "/messages/count_tokens", "gpt", false},
                 "/v1/responses/input_tokens"},
             Row{ProviderType::Anthropic, "https://api.anthropic.com", "", messages, "/v1/messages"},
             Row{ProviderType::Anthropic, "https://api.anthropic.com/v1", "", messages, "/v1/messages"},
             Row{ProviderType::Anthropic, "https://api.anthropic.com", "", count, "/v1/messages/count_tokens"},
             Row{ProviderType::Azure, "https://x.openai.azure.com", "", chat(Dialect::Chat),
                 "/openai/v1/chat/completions"},
             Row{ProviderType::Azure, "https://x.openai.azure.com/openai/v1", "", chat(Dialect::Chat),
                 "/openai/v1/chat/completions"},
             Row{ProviderType::Azure, "https://x.openai.azure.com", "2024-10-21", chat(Dialect::Chat),
                 "/openai/deployments/some%2Fmodel/chat/completions?api-version=2024-10-21"},
             Row{ProviderType::Azure, "https://x.openai.azure.com/openai/deployments/mine", "2024-10-21",
                 chat(Dialect::Chat), "/openai/deployments/mine/chat/completions?api-version=2024-10-21"},
             Row{ProviderType::Gemini, "https://host", "", gemini(Dialect::Chat, false, "gemini-2.5-pro"),
                 "/v1beta/models/gemini-2.5-pro:generateContent"},
             Row{ProviderType::Gemini, "https://host/v1beta", "", gemini(Dialect::Chat, true, "models/gemini-2.5-pro"),
                 "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
             Row{ProviderType::Gemini, "https://host/v1/projects/p/locations/l/publishers/google", "",
                 gemini(Dialect::TokenCount, false, "g"),
                 "/v1/projects/p/locations/l/publishers/google/models/g:countTokens"},
             Row{ProviderType::Gemini, "https://host", "", gemini(Dialect::Embeddings, false, "e"),
                 "/v1beta/models/e:batchEmbedContents"},
         }) {
      CAPTURE(row.want);
      config::Provider provider = provider_of(row.type, kOpenAi);
      provider.api_version = row.api_version;
      CHECK(path_at(provider, row.base, row.operation) == row.want);
    }
  }

  TEST_CASE("each vendor has its own place for the key") {
    struct Row {
      ProviderType type;
      const char* key;
      const char* name;
      const char* value;
    };
    for (const Row& row : {Row{ProviderType::OpenAi, "k", "Authorization", "Bearer k"},
                           Row{ProviderType::Anthropic, "k", "x-api-key", "k"},
                           Row{ProviderType::Anthropic, "sk-ant-oat01-k", "Authorization", "Bearer sk-ant-oat01-k"},
                           Row{ProviderType::Azure, "k", "api-key", "k"},
                           Row{ProviderType::Azure, "eyJhbGciOi", "Authorization", "Bearer eyJhbGciOi"},
                           Row{ProviderType::Gemini, "k", "x-goog-api-key", "k"},
                           Row{ProviderType::Gemini, "ya29.k", "Authorization", "Bearer ya29.k"}}) {
      CAPTURE(row.value);
      config::Provider provider = provider_of(row.type, {Dialect::Chat});
      provider.api_key = Secret(row.key);
      http::Headers headers;
      add_vendor_headers(provider, {Dialect::Chat, Dialect::Chat, "", "m", false}, {}, headers);
      CHECK(headers.get(row.name) == row.value);
      CHECK(std::distance(headers.begin(), headers.end()) == 1);
    }
  }

  TEST_CASE("a Messages provider gets the version, and the betas of Messages clients and of the configuration once") {
    config::Provider provider = provider_of(ProviderType::Anthropic, {Dialect::Messages});
    provider.custom_headers = {{"Anthropic-Beta", "b, c"}};
    const http::Headers client = {{"anthropic-beta", "a,b"}, {"Anthropic-Beta", "d"}};
    http::Headers from_messages;
    add_vendor_headers(provider, {Dialect::Messages, Dialect::Messages, "", "m", false}, client, from_messages);
    CHECK(from_messages.get("anthropic-version") == "2023-06-01");
    CHECK(from_messages.get("anthropic-beta") == "a,b,d,c");
    http::Headers from_chat;
    add_vendor_headers(provider, {Dialect::Chat, Dialect::Messages, "", "m", false}, client, from_chat);
    CHECK(from_chat.get("anthropic-beta") == "b,c");
  }
}

}  // namespace
}  // namespace aigw::gateway
