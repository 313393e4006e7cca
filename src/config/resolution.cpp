#include "config/resolution.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "config/capabilities_reader.h"
#include "config/catalogue.h"
#include "config/provider_type.h"

namespace aigw::config {
namespace {

bool speaks(const ProviderDraft& draft, Dialect dialect) {
  return std::find(draft.dialects.begin(), draft.dialects.end(), dialect) != draft.dialects.end();
}

void resolve_type(ProviderDraft& draft) {
  const bool has_version = !draft.api_version.empty() || !draft.endpoint_version.empty();
  if (draft.detects_type) {
    draft.type = detect_type(draft.endpoint, draft.given.contains("endpoint") ? "" : draft.model);
    // Nobody else's API has one; the host may be a proxy's.
    if (has_version && draft.type == ProviderType::OpenAi) draft.type = ProviderType::Azure;
  }
  if (!draft.given.contains("endpoint")) draft.endpoint = public_endpoint(draft.type);
}

// Microsoft shows addresses of single operations; the base is what stands in front of `/openai/deployments/...`.
void resolve_azure(ProviderDraft& draft, const Value& value) {
  std::string& endpoint = draft.endpoint;
  for (const std::string_view operation : {"/chat/completions", "/completions", "/embeddings", "/responses"}) {
    if (ends_with(endpoint, operation)) endpoint.erase(endpoint.size() - operation.size());
  }
  if (ends_with(endpoint, "/openai")) endpoint.erase(endpoint.size() - std::string_view("/openai").size());
  if (!draft.given.contains("api_version")) draft.api_version = draft.endpoint_version;
  if (!draft.api_version.empty() && ends_with(endpoint, "/openai/v1")) {
    value.refuse("an endpoint that ends with /openai/v1 takes no \"api_version\"");
  }
  if (draft.api_version.empty() && contains(endpoint, "/openai/deployments/") &&
      !draft.lacking.contains(".api_version")) {
    value.refuse("the endpoint names a deployment, so \"api_version\" is required, like \"2024-10-21\"");
  }
}

void resolve_version(ProviderDraft& draft, const Value& value) {
  if (draft.type == ProviderType::Azure) return resolve_azure(draft, value);
  if (!draft.endpoint_version.empty()) {
    value.refuse("an endpoint with ?api-version= is for providers of \"type\": \"azure\" only");
  }
  if (!draft.api_version.empty()) {
    value.refuse("\"api_version\" is for providers of \"type\": \"azure\" only");
  }
}

void resolve_dialects(ProviderDraft& draft, const Value& value) {
  const std::vector<Dialect> own = own_dialects(draft.type, draft.endpoint, draft.api_version);
  draft.dialects = draft.said_dialects.empty() ? own : draft.said_dialects;
  if (draft.said_dialects.empty()) return;
  if (draft.type == ProviderType::Gemini) {
    value.refuse("a provider of \"type\": \"gemini\" speaks Gemini's own dialect only, so \"dialects\" must be empty");
  }
  const bool is_mock = draft.type == ProviderType::Mock;
  if (is_mock && (speaks(draft, Dialect::Responses) || speaks(draft, Dialect::Messages))) {
    value.refuse("a provider of \"type\": \"mock\" speaks chat, completions and embeddings only");
  }
}

}  // namespace

void resolve(ProviderDraft& draft, const Value& value) {
  resolve_type(draft);
  resolve_version(draft, value);
  resolve_dialects(draft, value);
  draft.capabilities = overlay(known_capabilities(draft.type, draft.endpoint, draft.model), draft.capabilities,
                               draft.own_capabilities);
}

}  // namespace aigw::config
