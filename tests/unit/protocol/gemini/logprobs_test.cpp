#include "protocol/gemini/logprobs.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace aigw::protocol::gemini {

TEST_SUITE("protocol/gemini/logprobs") {
  TEST_CASE("tokens have their bytes and what could have stood in their place") {
    CHECK(logprobs(Json::parse(R"({"chosenCandidates":[{"token":"é","tokenId":1,"logProbability":-0.25},{"token":"b"}],
                                   "topCandidates":[{"candidates":[{"token":"c","logProbability":-1}]}]})"))
              .dump() ==
          R"({"content":[{"token":"é","logprob":-0.25,"bytes":[195,169],)"
          R"("top_logprobs":[{"token":"c","logprob":-1,"bytes":[99]}]},)"
          R"({"token":"b","logprob":0,"bytes":[98],"top_logprobs":[]}],"refusal":null})");
    CHECK(logprobs(Json::object()).is_null());
  }
}

}  // namespace aigw::protocol::gemini
