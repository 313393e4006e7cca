#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/proof.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

using namespace canonical;

struct Decoded {
  Request request;
  Notes notes;
};

Decoded decoded(const std::string& body) {
  Decoded result;
  const Result<Json> tree = parse_object(body);
  REQUIRE(tree);
  result.request = decode_request(*tree, result.notes);
  return result;
}

Decoded with(const std::string& members) { return decoded(R"({"model":"m","input":"Hi",)" + members + "}"); }

std::string rejected(const Decoded& result) {
  return result.notes.rejection() ? result.notes.rejection()->param : std::string();
}

std::string dropped(const Decoded& result) {
  std::string names;
  for (const std::string& name : result.notes.dropped()) names += (names.empty() ? "" : ",") + name;
  return names;
}

// `name=value` of all extras.
std::string extras(const Decoded& result) {
  std::string text;
  for (const Extra& extra : result.request.extras) {
    text += extra.name + "(" + extra.client_name + ")=" + extra.value->dump() + " ";
  }
  return text;
}

std::string text_of_part(const Part& part) {
  if (const auto* text = as<Text>(part)) return "text " + text->text;
  if (const auto* refusal = as<Refusal>(part)) return "refusal " + refusal->text;
  if (const auto* media = as<Media>(part)) {
    return "media " + std::to_string(static_cast<int>(media->kind)) + std::to_string(static_cast<int>(media->source)) +
           " " + media->media_type + " " + media->data + " " + media->name + media->detail;
  }
  if (const auto* thinking = as<Thinking>(part)) {
    return "thinking " + thinking->text + " " + std::to_string(static_cast<int>(thinking->vendor)) + thinking->proof +
           (thinking->redacted ? " redacted" : "");
  }
  if (const auto* call = as<ToolCall>(part)) {
    return (call->custom ? "custom " : "call ") + call->id + " " + call->name + " " + call->arguments +
           call->google_signature;
  }
  const auto* result = as<ToolResult>(part);
  std::string text = "result " + result->call_id + ":";
  for (const Part& inner : result->content) text += " " + text_of_part(inner);
  return text;
}

// The messages, one a line: `U[text Hi]`.
std::string messages(const Decoded& result) {
  std::string text;
  for (const Message& message : result.request.messages) {
    text += "SUAT"[static_cast<int>(message.role)];
    for (const Part& part : message.parts) text += "[" + text_of_part(part) + "]";
    text += "\n";
  }
  return text;
}

std::string messages_of(const std::string& items) { return messages(decoded(R"({"input":[)" + items + "]}")); }

}  // namespace

TEST_SUITE("protocol/responses/request_decoder") {
  TEST_CASE("items become messages") {
    struct Row {
      std::string items;
      std::string want;
    };
    const std::string call = R"({"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"})";
    const std::string reasoning =
        R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A"},{"type":"summary_text",)"
        R"("text":"B"}]})";
    const std::string google =
        R"({"type":"reasoning","summary":[],"encrypted_content":")" + seal(Vendor::Google, "G", false) + R"("})";
    const std::vector<Row> rows = {
        {R"({"role":"user","content":"Hi"})", "U[text Hi]\n"},
        {R"({"type":"message","role":"developer","content":[{"type":"input_text","text":"D"}]})", "S[text D]\n"},
        {R"({"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]})",
         "U[text a][text b]\n"},
        {R"({"role":"user","content":[{"type":"input_image","image_url":"https://x/i.png","detail":"low"}]})",
         "U[media 01  https://x/i.png low]\n"},
        {R"({"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]})",
         "U[media 00 image/png AAAA ]\n"},
        {R"({"role":"user","content":[{"type":"input_image","file_id":"file-1"}]})", "U[media 03  file-1 ]\n"},
        {R"({"role":"user","content":[{"type":"input_file","filename":"a.pdf",)"
         R"("file_data":"data:application/pdf;base64,AAAA"}]})",
         "U[media 10 application/pdf AAAA a.pdf]\n"},
        {R"({"role":"user","content":[{"type":"input_file","file_url":"https://x/a.pdf"}]})",
         "U[media 11  https://x/a.pdf ]\n"},
        {R"({"role":"user","content":[{"type":"input_file","filename":"a.txt","file_data":"data:text/plain;base64,)"
         R"(SGk="}]})",
         "U[media 22 text/plain Hi a.txt]\n"},
        {R"({"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]},{"type":"refusal",)"
         R"("refusal":"no"}]})",
         "A[text a][refusal no]\n"},
        {reasoning + "," + R"({"type":"message","role":"assistant","content":""},)" + call + "," +
             R"({"type":"custom_tool_call","call_id":"c2","name":"g","input":"hi"},)" +
             R"({"type":"function_call_output","call_id":"c1","output":"1"},)" +
             R"({"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"}]},)" +
             R"({"role":"assistant","content":"ok"})",
         "A[thinking A\n\nB 0][call c1 f {}][custom c2 g hi]\nT[result c1: text 1][result c2: text 2]\nA[text ok]\n"},
        {call + R"(,{"role":"user","content":"x"},)" + call, "A[call c1 f {}]\nU[text x]\nA[call c1 f {}]\n"},
        {call + R"(,{"type":"web_search_call","id":"ws"},)" + call, "A[call c1 f {}][call c1 f {}]\n"},
        {R"({"type":"reasoning","content":[{"type":"reasoning_text","text":"C"}],"summary":[],)"
         R"("encrypted_content":"raw"})",
         "A[thinking C 2raw]\n"},
        {R"({"type":"reasoning","summary":[],"encrypted_content":")" + seal(Vendor::Anthropic, "D", true) + R"("})",
         "A[thinking  1D redacted]\n"},
        {google + "," + call, "A[call c1 f {}G]\n"},
        {google + R"(,{"role":"assistant","content":"a"})", "A[thinking  3G][text a]\n"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.items);
      CHECK(messages_of(row.items) == row.want);
    }
    CHECK(messages(decoded(R"({"input":"Hi","instructions":"Be."})")) == "S[text Be.]\nU[text Hi]\n");
  }

  TEST_CASE("fields are taken over") {
    const Decoded all = with(
        R"("max_output_tokens":9,"temperature":0.5,"top_p":0.1,"parallel_tool_calls":false,"metadata":{"a":"b"},)"
        R"("user":"u",)"
        R"("safety_identifier":"s","service_tier":"flex","prompt_cache_key":"k","top_logprobs":3,"stream":true,)"
        R"("store":true,)"
        R"("include":["message.output_text.logprobs","reasoning.encrypted_content"],"reasoning":{"effort":"low"},)"
        R"("text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},)"
        R"("verbosity":"low"})");
    CHECK(rejected(all) == "");
    CHECK(dropped(all) == "");
    const Request& request = all.request;
    CHECK(request.max_tokens == 9);
    CHECK(request.temperature->dump() == "0.5");
    CHECK(request.top_p->dump() == "0.1");
    CHECK(request.parallel_tool_calls == false);
    CHECK(request.metadata->dump() == R"({"a":"b"})");
    CHECK(request.user == "u");
    CHECK(request.safety_identifier == "s");
    CHECK(request.service_tier == "flex");
    CHECK(request.stream);
    CHECK(request.encrypted_reasoning);
    CHECK(request.reasoning.effort == "low");
    CHECK(request.format->name == "n");
    CHECK(request.format->strict == true);
    CHECK(extras(all) == "verbosity(text.verbosity)=\"low\" logprobs(include)=true top_logprobs(top_logprobs)=3 "
                         "prompt_cache_key(prompt_cache_key)=\"k\" ");
    CHECK(request.responses_echo->at("reasoning").dump() == R"({"effort":"low"})");
    CHECK_FALSE(request.responses_echo->contains("store"));
    CHECK_FALSE(request.responses_echo->contains("input"));
  }

  TEST_CASE("fields that no other dialect has are dropped under the client's names") {
    struct Row {
      std::string members;
      std::string want;
    };
    const std::vector<Row> rows = {
        {R"("truncation":"auto")", "truncation"},
        {R"("max_tool_calls":1)", "max_tool_calls"},
        {R"("context_management":[{}])", "context_management"},
        {R"("moderation":{},"prompt_cache_options":{},"prompt_cache_retention":"24h")",
         "moderation,prompt_cache_options,prompt_cache_retention"},
        {R"("reasoning":{"effort":"low","summary":"auto","generate_summary":null,"mode":"x"})",
         "reasoning.summary,reasoning.mode"},
        {R"("include":["file_search_call.results"])", "include"},
        {R"("stream_options":{"include_obfuscation":false})", "stream_options.include_obfuscation"},
        {R"("future":1,"past":null)", "future"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.members);
      const Decoded result = with(row.members);
      CHECK(dropped(result) == row.want);
      CHECK(rejected(result) == "");
    }
    CHECK(dropped(decoded(R"({"input":[{"role":"user","content":"x"},{"type":"mcp_call"},{"type":"mcp_call"},)"
                          R"({"type":"computer_call"}]})")) == "mcp_call,computer_call");
  }

  TEST_CASE("what can't be done is rejected under the client's name") {
    struct Row {
      std::string body;
      std::string param;
    };
    const auto plus = [](const std::string& members) { return R"({"input":"Hi",)" + members + "}"; };
    const auto item = [](const std::string& one) { return R"({"input":[)" + one + "]}"; };
    const std::vector<Row> rows = {
        {plus(R"("previous_response_id":"resp_1")"), "previous_response_id"},
        {plus(R"("conversation":"c")"), "conversation"},
        {plus(R"("prompt":{"id":"p"})"), "prompt"},
        {plus(R"("background":true)"), "background"},
        {plus(R"("max_output_tokens":0)"), "max_output_tokens"},
        {plus(R"("temperature":3)"), "temperature"},
        {plus(R"("top_p":1.5)"), "top_p"},
        {plus(R"("top_logprobs":"z")"), "top_logprobs"},
        {plus(R"("top_logprobs":21)"), "top_logprobs"},
        {plus(R"("prompt_cache_key":5)"), "prompt_cache_key"},
        {plus(R"("text":{"format":{"type":"x"}})"), "text.format.type"},
        {plus(R"("text":{"format":{"type":"json_schema"}})"), "text.format.schema"},
        {plus(R"("tool_choice":{"type":"function","name":"f"})"), "tool_choice"},
        {plus(R"("tools":[{"type":"function"}])"), "tools[0].name"},
        {plus(R"("tools":[{"name":"f"}])"), "tools[0].type"},
        {"{}", "input"},
        {R"({"input":[]})", "input"},
        {R"({"input":{}})", "input"},
        {item("1"), "input[0]"},
        {item(R"({"type":"item_reference","id":"x"})"), "input[0]"},
        {item(R"({"id":"x"})"), "input[0]"},
        {item(R"({"type":"computer_call_output"})"), "input[0].type"},
        {item(R"({"type":"x"})"), "input[0].type"},
        {item(R"({"role":"x","content":""})"), "input[0].role"},
        {item(R"({"role":"user"})"), "input[0].content"},
        {item(R"({"role":"user","content":[{"type":"x"}]})"), "input[0].content[0].type"},
        {item(R"({"role":"system","content":[{"type":"input_image","image_url":"u"}]})"), "input[0].content[0].type"},
        {item(R"({"role":"user","content":null})"), "input[0].content"},
        {item(R"({"type":"additional_tools","tools":5})"), "input[0].tools"},
        {item(R"({"type":"function_call"})"), "input[0].name"},
        {item(R"({"type":"function_call_output","call_id":"c","output":1})"), "input[0].output"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.body);
      CHECK(rejected(decoded(row.body)) == row.param);
    }
    const Decoded stateful = with(R"("previous_response_id":"resp_1")");
    CHECK(stateful.notes.rejection()->message ==
          "\"previous_response_id\" can't be used: the gateway keeps no responses. "
          "Send the whole conversation as \"input\".");
    CHECK(rejected(with(R"("previous_response_id":null,"background":false)")) == "");
  }

  TEST_CASE("a choice among very many tools is looked up, not searched for") {
    constexpr std::size_t kTools = 50000;
    std::string tools;
    std::string names;
    for (std::size_t i = 0; i < kTools; ++i) {
      const std::string tool = R"({"type":"custom","name":"f)" + std::to_string(i) + "\"}";
      tools += (i == 0 ? "" : ",") + tool;
      names += (i == 0 ? "" : ",") + tool;
    }
    const Decoded result =
        with(R"("tools":[)" + tools + R"(],"tool_choice":{"type":"allowed_tools","tools":[)" + names + "]}");
    CHECK(rejected(result) == "");
    CHECK(result.request.tool_choice->names.size() == kTools);
  }

  TEST_CASE("tools are flat, and run elsewhere if they are neither functions nor custom") {
    const Decoded result = with(
        R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"function","name":"g",)"
        R"("strict":false},)"
        R"({"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"d"}},)"
        R"({"type":"web_search"}],)"
        R"("tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},)"
        R"({"type":"web_search"}]})");
    CHECK(rejected(result) == "");
    const std::vector<Tool>& tools = result.request.tools;
    REQUIRE(tools.size() == 4);
    CHECK_FALSE(tools[0].strict.has_value());
    CHECK(tools[1].strict == false);
    CHECK(tools[2].kind == Tool::Kind::Custom);
    CHECK(tools[2].format->dump() == R"({"type":"grammar","grammar":{"syntax":"lark","definition":"d"}})");
    CHECK(tools[3].kind == Tool::Kind::Server);
    CHECK(tools[3].name == "web_search");
    CHECK(result.request.tool_choice->kind == ToolChoice::Kind::Allowed);
    CHECK(result.request.tool_choice->required);
    CHECK(result.request.tool_choice->names == std::vector<std::string>{"f", "web_search"});
    const Decoded added = decoded(R"({"input":[{"role":"user","content":"x"},{"type":"additional_tools",)"
                                  R"("role":"developer",)"
                                  R"("tools":[{"type":"function","name":"late"}]}],)"
                                  R"("tool_choice":{"type":"function","name":"late"}})");
    CHECK(rejected(added) == "");
    CHECK(added.request.tools.at(0).name == "late");
  }

  TEST_CASE("values of wrong types are refused, never a crash") {
    const char* const kFields[] = {"input", "instructions", "model", "tools", "tool_choice", "reasoning", "text",
                                   "include", "stream", "stream_options", "metadata", "user", "max_output_tokens",
                                   "temperature", "top_p", "top_logprobs", "store", "background",
                                   "parallel_tool_calls"};
    const char* const kWrong[] = {"1", "-1.5", "true", "\"x\"", "[]", "{}", "[1]", "[[]]", "[null]", R"({"type":1})",
                                  R"([{"type":1}])", R"([{"type":"function","name":1}])",
                                  R"([{"role":"user","content":[1,{"type":"input_image","image_url":1}]}])",
                                  R"([{"type":"reasoning","summary":[1],"content":"x","encrypted_content":1}])",
                                  R"({"format":1,"effort":1})", R"({"format":{"type":"json_schema","schema":1}})"};
    for (const char* const field : kFields) {
      for (const char* const wrong : kWrong) {
        CAPTURE(std::string(field));
        CAPTURE(std::string(wrong));
        const Decoded result = decoded(std::string(R"({"x":"y",")") + field + "\":" + wrong + "}");
        CHECK(dropped(result).find("x") != std::string::npos);
      }
    }
  }
}

}  // namespace aigw::protocol::responses
