#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/messages/event_log.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

using Lines = std::vector<std::string>;

Lines decoded(const std::string& body) {
  EventLog log;
  decode_answer(Json::parse(body), log);
  return log.lines;
}

}  // namespace

TEST_SUITE("protocol/messages/answer_decoder") {
  TEST_CASE("a message is told block by block") {
    CHECK(decoded(R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
                     {"type":"thinking","thinking":"Hm","signature":"c2ln"},
                     {"type":"redacted_thinking","data":"ZA"},
                     {"type":"text","text":"See "},
                     {"type":"text","text":"this","citations":[
                       {"type":"web_search_result_location","url":"u","title":null,"encrypted_index":"e"}]},
                     {"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}},
                     {"type":"tool_use","id":"t1","name":"f","input":{"a":{"b":1}}},
                     {"type":"tool_use","id":"t2","name":"g","input":{}},
                     {"type":"future"}, 7],
                     "stop_reason":"tool_use","stop_sequence":null,
                     "usage":{"input_tokens":3,"output_tokens":2,"service_tier":"priority"}})") ==
          Lines{"begin msg_1 claude priority", "reasoning Hm", "proof anthropic c2ln", "redacted anthropic ZA",
                "text See ", "text this",
                R"(annotations [{"type":"url_citation","url_citation":{"url":"u","title":"","start_index":4,)"
                R"("end_index":8}}])",
                R"(server {"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}})",
                "call 0 t1 f", R"(arguments 0 {"a":{"b":1}})", "call end 0", "call 1 t2 g",
                "arguments 1 {}", "call end 1",
                "finish ToolCalls tool_use", "usage 3 2", "end"});
  }

  TEST_CASE("an empty answer is an answer") {
    CHECK(decoded(R"({"content":[],"stop_reason":null,"usage":null})") == Lines{"begin   ", "finish Unknown ", "end"});
  }

  TEST_CASE("what is no message fails") {
    CHECK(decoded(R"({"type":"error","error":{"type":"rate_limit_error","message":"slow"}})") ==
          Lines{"failed 429 rate_limit_error : slow"});
    CHECK(decoded(R"({"type":"message","content":"text"})") ==
          Lines{"failed 502 server_error : The provider's answer has no content."});
    CHECK(decoded("{}") == Lines{"failed 502 server_error : The provider's answer has no content."});
  }
}

}  // namespace aigw::protocol::messages
