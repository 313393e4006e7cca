#include "config/provider_type.h"

#include <string>

#include "base/text.h"
#include "base/url.h"

namespace aigw::config {
namespace {

bool is_azure_host(std::string_view host) {
  return ends_with(host, ".openai.azure.com") || ends_with(host, ".openai.azure.us") ||
         ends_with(host, ".cognitiveservices.azure.com") || ends_with(host, ".services.ai.azure.com");
}

// Vertex AI has a host for each region: `us-central1-aiplatform.googleapis.com`, `aiplatform.us.rep.googleapis.com`.
bool is_google_host(std::string_view host) {
  if (host == "generativelanguage.googleapis.com" || ends_with(host, "-aiplatform.googleapis.com")) return true;
  return starts_with(host, "aiplatform.") && ends_with(host, ".googleapis.com");
}

// Google serves OpenAI's API, too, under paths that end so.
bool is_openai_path(std::string_view path) { return ends_with(path, "/openai") || ends_with(path, "/openapi"); }

// How vendors and gateways name the path under which they serve Anthropic's API (DeepSeek, Moonshot, Z.AI, MiniMax,
// Azure AI Foundry, Cloudflare).
bool is_anthropic_path(std::string_view path) {
  return ends_with(path, "/anthropic") || ends_with(path, "/anthropic/v1");
}

std::string host_of(std::string_view endpoint) {
  const Result<Url> url = parse_url(endpoint);
  return url ? url->host : "";
}

}  // namespace

ProviderType detect_type(std::string_view endpoint, std::string_view model) {
  if (endpoint.empty()) {
    if (starts_with(model, "claude-")) return ProviderType::Anthropic;
    if (starts_with(model, "gemini-")) return ProviderType::Gemini;
    return ProviderType::OpenAi;
  }
  const Result<Url> url = parse_url(endpoint);
  if (!url) return ProviderType::OpenAi;
  if (url->host == "api.anthropic.com" || is_anthropic_path(url->path)) return ProviderType::Anthropic;
  if (is_azure_host(url->host)) return ProviderType::Azure;
  if (is_google_host(url->host) && !is_openai_path(url->path)) return ProviderType::Gemini;
  return ProviderType::OpenAi;
}

std::string_view public_endpoint(ProviderType type) {
  switch (type) {
    case ProviderType::Anthropic: return "https://api.anthropic.com";
    case ProviderType::Gemini: return "https://generativelanguage.googleapis.com";
    case ProviderType::OpenAi:
    case ProviderType::Azure:
    case ProviderType::Mock: break;
  }
  return "";
}

bool is_openai_itself(std::string_view endpoint) {
  const std::string host = host_of(endpoint);
  return host == "api.openai.com" || ends_with(host, ".api.openai.com") || is_azure_host(host);
}

bool is_openrouter(std::string_view endpoint) { return host_of(endpoint) == "openrouter.ai"; }

std::vector<Dialect> own_dialects(ProviderType type, std::string_view endpoint, std::string_view api_version) {
  std::vector<Dialect> dialects = {Dialect::Chat, Dialect::Completions, Dialect::Embeddings};
  switch (type) {
    case ProviderType::Anthropic: return {Dialect::Messages};
    case ProviderType::Gemini: return {Dialect::Gemini};
    case ProviderType::Mock: return dialects;
    case ProviderType::Azure:
      if (api_version.empty()) dialects.push_back(Dialect::Responses);
      return dialects;
    case ProviderType::OpenAi: break;
  }
  if (is_openai_itself(endpoint)) dialects.push_back(Dialect::Responses);
  return dialects;
}

}  // namespace aigw::config
