#include "protocol/endpoint.h"

#include <doctest/doctest.h>

#include <set>
#include <string_view>

namespace aigw::protocol {

TEST_SUITE("protocol/endpoint") {
  TEST_CASE("every path stands once and begins with a slash") {
    std::set<std::string_view> paths;
    for (const Endpoint& endpoint : endpoints()) {
      CAPTURE(endpoint.path);
      CHECK(endpoint.path.substr(0, 1) == "/");
      CHECK(paths.insert(endpoint.path).second);
    }
    CHECK(paths.count("/chat/completions") == 1);
  }

  TEST_CASE("embeddings and counts never stream, uploads are multipart") {
    for (const Endpoint& endpoint : endpoints()) {
      CAPTURE(endpoint.path);
      if (endpoint.dialect == Dialect::Embeddings) CHECK_FALSE(endpoint.streams);
      if (endpoint.dialect == Dialect::TokenCount) CHECK_FALSE(endpoint.streams);
      const bool uploads = endpoint.path == "/images/edits" || endpoint.path == "/audio/transcriptions" ||
                           endpoint.path == "/audio/translations";
      CHECK((endpoint.body == BodyKind::Multipart) == uploads);
    }
  }

  TEST_CASE("chats, completions, responses and messages are text that a model writes, nothing else is") {
    for (const Endpoint& endpoint : endpoints()) {
      CAPTURE(endpoint.path);
      const bool text = endpoint.path == "/chat/completions" || endpoint.path == "/completions" ||
                        endpoint.path == "/responses" || endpoint.path == "/messages";
      CHECK(generates_text(endpoint.dialect) == text);
    }
  }
}

}  // namespace aigw::protocol
