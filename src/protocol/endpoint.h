// The inference endpoints: which path, which dialect, what kind of body. One table for the server's routes,
// for the path that goes upstream, and for the mock provider.
#pragma once

#include <string_view>
#include <vector>

#include "base/dialect.h"

namespace aigw::protocol {

// Whether a model writes the answer, so that it has completion tokens.
bool generates_text(Dialect dialect);

// Whether it is Anthropic's: its errors and headers have another form than OpenAI's.
bool is_anthropic(Dialect dialect);

// What a silent stream of the dialect can be told without changing what it says (protocols.md §2.2).
std::string_view keep_alive_frame(Dialect dialect);

enum class BodyKind { JsonObject, Multipart };

struct Endpoint {
  std::string_view path;  // behind `/v1` at the gateway and behind the provider's `endpoint`
  Dialect dialect;
  BodyKind body;
  bool streams;           // `"stream": true` makes it answer with server-sent events
};

const std::vector<Endpoint>& endpoints();

}  // namespace aigw::protocol
