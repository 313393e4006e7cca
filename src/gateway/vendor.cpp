#include "gateway/vendor.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "base/text.h"

namespace aigw::gateway {
namespace {

using config::ProviderType;

bool speaks(const config::Provider& provider, Dialect dialect) {
  return std::find(provider.dialects.begin(), provider.dialects.end(), dialect) != provider.dialects.end();
}

std::optional<Dialect> first_spoken(const config::Provider& provider, std::initializer_list<Dialect> wanted) {
  for (const Dialect dialect : wanted) {
    if (speaks(provider, dialect)) return dialect;
  }
  return std::nullopt;
}

std::string_view operation_path(const Operation& operation) {
  if (operation.client == Dialect::TokenCount) {
    return operation.dialect == Dialect::Messages ? "/messages/count_tokens" : "/responses/input_tokens";
  }
  switch (operation.dialect) {
    case Dialect::Chat: return "/chat/completions";
    case Dialect::Completions: return "/completions";
    case Dialect::Responses: return "/responses";
    case Dialect::Messages: return "/messages";
    case Dialect::Embeddings: return "/embeddings";
    default: return operation.client_path;
  }
}

std::string_view gemini_method(const Operation& operation) {
  if (operation.client == Dialect::TokenCount) return ":countTokens";
  if (operation.client == Dialect::Embeddings) return ":batchEmbedContents";
  // Without `alt=sse` a stream comes as a JSON array.
  return operation.streams ? ":streamGenerateContent?alt=sse" : ":generateContent";
}

std::string gemini_path(const Url& base, const Operation& operation) {
  std::string_view model = operation.model;
  constexpr std::string_view kPrefix = "models/";
  if (starts_with(model, kPrefix)) model.remove_prefix(kPrefix.size());
  // A path that is given (Vertex AI names project and publisher in it) is complete up to the models.
  const std::string path = base.path.empty() ? "/v1beta" : base.path;
  return path + "/models/" + percent_encode(model) + std::string(gemini_method(operation));
}

std::string azure_path(const config::Provider& provider, const Url& base, const Operation& operation) {
  const std::string operation_text(operation_path(operation));
  if (provider.api_version.empty()) {
    return base.path + (ends_with(base.path, "/openai/v1") ? "" : "/openai/v1") + operation_text;
  }
  const bool names_deployment = contains(base.path, "/openai/deployments/");
  const std::string deployment = names_deployment ? "" : "/openai/deployments/" + percent_encode(operation.model);
  return base.path + deployment + operation_text + "?api-version=" + percent_encode(provider.api_version);
}

// A token of an identity provider, which Azure and Google take as a bearer's.
bool is_access_token(std::string_view key) { return starts_with(key, "eyJ") || starts_with(key, "ya29."); }

void add_credential(const config::Provider& provider, http::Headers& headers) {
  if (provider.api_key.empty()) return;
  const std::string& key = provider.api_key.reveal();
  const char* name = nullptr;
  switch (provider.type) {
    case ProviderType::Anthropic: name = starts_with(key, "sk-ant-oat") ? nullptr : "x-api-key"; break;
    case ProviderType::Azure: name = is_access_token(key) ? nullptr : "api-key"; break;
    case ProviderType::Gemini: name = is_access_token(key) ? nullptr : "x-goog-api-key"; break;
    case ProviderType::OpenAi:
    case ProviderType::Mock: break;
  }
  if (name != nullptr) return headers.add(name, key);
  headers.add("Authorization", "Bearer " + key);
}

// The words of all fields named `anthropic-beta`, each once.
void collect_betas(std::string_view value, std::vector<std::string>& betas) {
  for (const std::string_view word : split(value, ',')) {
    const std::string beta(trim(word));
    if (!beta.empty() && std::find(betas.begin(), betas.end(), beta) == betas.end()) betas.push_back(beta);
  }
}

std::string betas_of(const config::Provider& provider, const Operation& operation, const http::Headers& client) {
  std::vector<std::string> betas;
  const bool from_messages = operation.client == Dialect::Messages || operation.client == Dialect::TokenCount;
  for (const auto& [name, value] : client) {
    if (from_messages && iequals(name, "anthropic-beta")) collect_betas(value, betas);
  }
  for (const auto& [name, value] : provider.custom_headers) {
    if (iequals(name, "anthropic-beta")) collect_betas(value, betas);
  }
  std::string list;
  for (const std::string& beta : betas) list += (list.empty() ? "" : ",") + beta;
  return list;
}

}  // namespace

std::optional<Dialect> dialect_towards(const config::Provider& provider, Dialect client) {
  switch (client) {
    case Dialect::Plain: {
      const bool is_foreign = provider.type == ProviderType::Anthropic || provider.type == ProviderType::Gemini;
      return is_foreign ? std::nullopt : std::optional(Dialect::Plain);
    }
    case Dialect::Embeddings: return first_spoken(provider, {Dialect::Embeddings, Dialect::Gemini});
    case Dialect::TokenCount: {
      const auto dialect = first_spoken(provider, {Dialect::Messages, Dialect::Gemini, Dialect::Responses});
      // Only OpenAI counts without answering.
      return dialect == Dialect::Responses && !provider.capabilities.is_openai ? std::nullopt : dialect;
    }
    default: break;
  }
  if (speaks(provider, client)) return client;
  return first_spoken(provider, {Dialect::Chat, Dialect::Messages, Dialect::Gemini, Dialect::Responses});
}

std::string path_of(const config::Provider& provider, const Url& base, const Operation& operation) {
  switch (provider.type) {
    case ProviderType::Gemini: return gemini_path(base, operation);
    case ProviderType::Azure: return azure_path(provider, base, operation);
    case ProviderType::Anthropic:
      return base.path + (ends_with(base.path, "/v1") ? "" : "/v1") + std::string(operation_path(operation));
    case ProviderType::OpenAi:
    case ProviderType::Mock: break;
  }
  return base.path + std::string(operation_path(operation));
}

void add_vendor_headers(const config::Provider& provider, const Operation& operation, const http::Headers& client,
                        http::Headers& headers) {
  add_credential(provider, headers);
  for (const auto& [name, value] : provider.custom_headers) headers.set(name, value);
  if (operation.dialect != Dialect::Messages) return;
  if (!headers.has("anthropic-version")) headers.add("anthropic-version", "2023-06-01");
  if (const std::string betas = betas_of(provider, operation, client); !betas.empty()) {
    headers.set("anthropic-beta", betas);
  }
}

}  // namespace aigw::gateway
