#include "protocol/token_count.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <variant>

#include "protocol/request_conversion.h"

namespace aigw::protocol {

TEST_SUITE("protocol/token_count") {
  TEST_CASE("a token for four bytes, four for each message, 1600 for an image") {
    struct Row {
      const char* body;
      std::int64_t want;
    };
    for (const Row& row : {
             Row{R"({"model":"m","messages":[{"role":"user","content":"hello"}]})", 2 + 4},
             Row{R"({"model":"m","system":"abcd","messages":[{"role":"user","content":"hello"}]})", 3 + 4},
             Row{R"({"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[)"
                 R"({"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[)"
                 R"({"type":"tool_result","tool_use_id":"a","content":"r"},{"type":"text","text":"go"}]}]})",
                 2 + 3 * 4},
             Row{R"({"model":"m","messages":[{"role":"user","content":[{"type":"image","source":)"
                 R"({"type":"url","url":"https://x.example/a.png"}}]}]})",
                 1600 + 4},
         }) {
      CAPTURE(row.body);
      const auto decoded = decode_request(Dialect::TokenCount, row.body, false);
      REQUIRE(std::holds_alternative<DecodedRequest>(decoded));
      CHECK(estimated_tokens(std::get<DecodedRequest>(decoded).request) == row.want);
    }
  }
}

}  // namespace aigw::protocol
