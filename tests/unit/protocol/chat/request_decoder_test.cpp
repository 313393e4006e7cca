#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/chat/chat.h"

namespace aigw::protocol::chat {
namespace {

using canonical::Notes;
using canonical::OutputFormat;
using canonical::Request;

Request decode(const std::string& members, Notes& notes) {
  return decode_request(Json::parse(R"({"model":"m","messages":[{"role":"user","content":"a"}])" + members
      + "}"), notes);
}

Request decode(const std::string& members) {
  Notes notes;
  Request request = decode(members, notes);
  CHECK_FALSE(notes.rejection());
  return request;
}

std::string extras(const Request& request) {
  std::string line;
  for (const canonical::Extra& extra : request.extras) line += extra.name + "=" + dump(*extra.value) + " ";
  return line;
}

}  // namespace

TEST_SUITE("protocol/chat/request_decoder") {
  TEST_CASE("each field has its member") {
    const Request request = decode(
        R"(,"max_tokens":5,"max_completion_tokens":7,"temperature":1.50,"top_p":0.9,"top_k":40,"stop":["a","b"],"n":2,)"
        R"("stream":true,"stream_options":{"include_usage":true},"user":"u","safety_identifier":"s",)"
        R"("metadata":{"a":"b"},)"
        R"("service_tier":"flex","reasoning_effort":"xhigh","parallel_tool_calls":false,"modalities":["text"])");
    CHECK(request.client == Dialect::Chat);
    CHECK(request.model == "m");
    CHECK(request.messages.size() == 1);
    CHECK(request.max_tokens == 7);
    CHECK(*request.temperature == 1.5);
    CHECK(*request.top_p == 0.9);
    CHECK(*request.top_k == 40);
    CHECK(request.stop == std::vector<std::string>{"a", "b"});
    CHECK(request.n == 2);
    CHECK(request.stream);
    CHECK(request.include_usage);
    CHECK(request.user == "u");
    CHECK(request.safety_identifier == "s");
    CHECK(dump(*request.metadata) == R"({"a":"b"})");
    CHECK(request.service_tier == "flex");
    CHECK(request.reasoning.effort == "xhigh");
    CHECK(request.parallel_tool_calls == false);
    CHECK(extras(request) == "");
  }

  TEST_CASE("null equals absence") {
    const Request request = decode(
        R"(,"max_tokens":null,"temperature":null,"top_p":null,"stop":null,"n":null,"stream":null,)"
        R"("stream_options":null,)"
        R"("tools":null,"tool_choice":null,"response_format":null,"reasoning_effort":null,"seed":null,"odd":null,)"
        R"("audio":null)");
    CHECK_FALSE(request.max_tokens);
    CHECK_FALSE(request.temperature);
    CHECK(request.n == 1);
    CHECK_FALSE(request.stream);
    CHECK_FALSE(request.format);
    CHECK(extras(request) == "");
  }

  TEST_CASE("what has no member is an extra, known or not") {
    CHECK(extras(decode(R"(,"seed":1,"logit_bias":{"5":1},"store":true,"verbosity":"low","odd":[1],)"
                        R"("modalities":["text","x"])")) ==
          "modalities=[\"text\",\"x\"] seed=1 logit_bias={\"5\":1} store=true verbosity=\"low\" odd=[1] ");
  }

  TEST_CASE("stop may be a string; empty ones are dropped") {
    CHECK(decode(R"(,"stop":"a")").stop == std::vector<std::string>{"a"});
    Notes notes;
    CHECK(decode(R"(,"stop":["","\n"])", notes).stop == std::vector<std::string>{"\n"});
    CHECK(notes.dropped() == std::vector<std::string>{"stop"});
  }

  TEST_CASE("output formats") {
    CHECK_FALSE(decode(R"(,"response_format":{"type":"text"})").format);
    CHECK(decode(R"(,"response_format":{"type":"json_object"})").format->kind == OutputFormat::Kind::JsonObject);
    const OutputFormat format = *decode(
        R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d",)"
        R"("schema":{"type":"object"},"strict":true}})").format;
    CHECK(format.kind == OutputFormat::Kind::JsonSchema);
    CHECK(format.name == "n");
    CHECK(format.description == "d");
    CHECK(dump(*format.schema) == R"({"type":"object"})");
    CHECK(format.strict == true);
    CHECK(decode(R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n"}})").format->kind ==
          OutputFormat::Kind::JsonObject);
  }

  TEST_CASE("the thinking object wins over the effort") {
    const canonical::Reasoning budget =
        decode(R"(,"reasoning_effort":"low","thinking":{"type":"enabled","budget_tokens":2000})").reasoning;
    CHECK(budget.effort == "");
    CHECK(budget.budget == 2000);
    CHECK(dump(*budget.thinking) == R"({"type":"enabled","budget_tokens":2000})");
    const canonical::Reasoning off = decode(R"(,"reasoning_effort":"low","thinking":{"type":"disabled"})").reasoning;
    CHECK(off.disabled);
    CHECK(off.effort == "");
    const canonical::Reasoning adaptive =
        decode(R"(,"reasoning_effort":"low","thinking":{"type":"adaptive"})").reasoning;
    CHECK(adaptive.adaptive);
    CHECK(adaptive.effort == "low");
    Notes notes;
    CHECK(decode(R"(,"reasoning_effort":"default")", notes).reasoning.effort == "");
    CHECK(notes.dropped() == std::vector<std::string>{"reasoning_effort"});
  }

  TEST_CASE("what is out of range or of the wrong type is rejected by its name") {
    struct Row {
      const char* members;
      const char* param;
    };
    for (const Row& row : {
             Row{R"(,"max_tokens":0)", "max_tokens"},
             Row{R"(,"max_tokens":-1)", "max_tokens"},
             Row{R"(,"max_tokens":1.5)", "max_tokens"},
             Row{R"(,"max_completion_tokens":"9")", "max_completion_tokens"},
             Row{R"(,"max_tokens":99999999999999999999)", "max_tokens"},
             Row{R"(,"temperature":2.1)", "temperature"},
             Row{R"(,"temperature":-0.1)", "temperature"},
             Row{R"(,"temperature":"hot")", "temperature"},
             Row{R"(,"top_p":"x")", "top_p"},
             Row{R"(,"n":0)", "n"},
             Row{R"(,"stop":7)", "stop"},
             Row{R"(,"stop":["a",7])", "stop"},
             Row{R"(,"stream":"yes")", "stream"},
             Row{R"(,"stream_options":7)", "stream_options"},
             Row{R"(,"modalities":["text","audio"])", "modalities"},
             Row{R"(,"audio":{"voice":"x"})", "audio"},
             Row{R"(,"response_format":{"type":"xml"})", "response_format.type"},
             Row{R"(,"response_format":{"type":"json_schema"})", "response_format.json_schema"},
             Row{R"(,"response_format":{"type":"json_schema","json_schema":{"schema":7}})",
                 "response_format.json_schema.schema"},
             Row{R"(,"thinking":true)", "thinking"},
             Row{R"(,"metadata":"x")", "metadata"},
             Row{R"(,"tools":{})", "tools"},
             Row{R"(,"tool_choice":"auto","messages":[])", "messages"},
         }) {
      CAPTURE(row.members);
      Notes notes;
      decode(row.members, notes);
      REQUIRE(notes.rejection());
      CHECK(notes.rejection()->param == row.param);
      CHECK(notes.rejection()->message.find(row.param) != std::string::npos);
    }
  }
}

}  // namespace aigw::protocol::chat
