#include "protocol/canonical/server_block.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace aigw::protocol::canonical {

TEST_SUITE("protocol/canonical/server_block") {
  TEST_CASE("results are told in short, calls not at all") {
    struct Row {
      const char* block;
      const char* want;
    };
    for (const Row& row : {
             Row{R"({"type":"server_tool_use","name":"web_search","input":{"query":"x"}})", ""},
             Row{R"({"type":"web_search_tool_result","content":[{"type":"web_search_result","title":"A",)"
                 R"("url":"https://a"},7]})",
                 "\n[web search: A (https://a)]\n"},
             Row{R"({"type":"web_search_tool_result","content":{"error_code":"max_uses_exceeded"}})",
                 "\n[web search: max_uses_exceeded]\n"},
             Row{R"({"type":"code_execution_tool_result","content":{"stdout":"42","return_code":0}})",
                 "\n[code execution: 42]\n"},
             Row{R"({"type":"mcp_tool_result","content":"done"})", "\n[mcp: done]\n"},
             Row{R"({"type":"x_tool_result"})", ""},
             Row{"7", ""},
         }) {
      CAPTURE(row.block);
      CHECK(server_block_text(Json::parse(row.block)) == row.want);
    }
  }
}

}  // namespace aigw::protocol::canonical
