// What a provider wants of a request beside its body: the dialect, the address, the credential (protocols.md §1.2).
//
// Pure functions, from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "base/url.h"
#include "config/config.h"
#include "http/message.h"

namespace aigw::gateway {

// The dialect in which a provider is spoken to for a client of dialect `client`: the client's own where the provider
// speaks it, else one that the request can be converted to. Nothing if there is none (no embeddings at Anthropic, no
// audio at Gemini). For TokenCount it is the dialect whose own way of counting is used.
std::optional<Dialect> dialect_towards(const config::Provider& provider, Dialect client);

// What is asked of a provider.
struct Operation {
  Dialect client = Dialect::Plain;    // what the client asked for
  Dialect dialect = Dialect::Plain;   // what dialect_towards said
  std::string_view client_path;       // of the client's endpoint, as `/chat/completions`
  std::string_view model;             // as the provider calls it
  bool streams = false;
};

// Path and query at the provider. `base` is its endpoint.
std::string path_of(const config::Provider& provider, const Url& base, const Operation& operation);

// Adds the credential as the provider takes it, and the version that its dialect asks for. `client`: the request's own
// headers, of which `anthropic-beta` goes on from Messages clients.
void add_vendor_headers(const config::Provider& provider, const Operation& operation, const http::Headers& client,
                        http::Headers& headers);

}  // namespace aigw::gateway
