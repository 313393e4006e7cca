#include "protocol/gemini/citations.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace aigw::protocol::gemini {

TEST_SUITE("protocol/gemini/citations") {
  TEST_CASE("a source is cited where it supports a text, or as a whole") {
    const Json sources = Json::parse(R"([{"web":{"uri":"https://a.example","title":"A"}},
      {"retrievedContext":{"uri":"https://b.example","title":"B"}},{"web":{"title":"no address"}}])");
    CharacterIndex characters;
    characters.add("hé");
    const auto cited = [](const char* url, const char* title, int start, int end) {
      return Json{{"type", "url_citation"},
                  {"url_citation", {{"url", url}, {"title", title}, {"start_index", start}, {"end_index", end}}}};
    };
    Json metadata = {{"groundingChunks", sources}};
    CHECK(citations(metadata, characters) ==
          Json::array({cited("https://a.example", "A", 0, 0), cited("https://b.example", "B", 0, 0)}));
    metadata["groundingSupports"] = Json::parse(
        R"([{"segment":{"endIndex":5},"groundingChunkIndices":[0,1]},
            {"segment":{"startIndex":5,"endIndex":9},"groundingChunkIndices":[1,7,-1]}])");
    CHECK(citations(metadata, characters) ==
          Json::array({cited("https://a.example", "A", 0, 4), cited("https://b.example", "B", 0, 4),
                       cited("https://b.example", "B", 4, 8)}));
    CHECK(citations(Json::object(), characters).empty());
  }
}

}  // namespace aigw::protocol::gemini
