#include "protocol/chat/message_decoder.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/canonical/proof.h"
#include "protocol/chat/request_text.h"

namespace aigw::protocol::chat {
namespace {

// The messages as text, or the field that is rejected.
std::string decode(const std::string& messages) {
  canonical::Request request;
  canonical::Notes notes;
  const Json tree = Json::parse(messages);
  decode_messages(&tree, request, notes);
  return notes.rejection() ? "! " + notes.rejection()->param : describe(request.messages);
}

}  // namespace

TEST_SUITE("protocol/chat/message_decoder") {
  TEST_CASE("each message is read") {
    struct Row {
      const char* name;
      std::string messages;
      std::string want;
    };
    const std::string sealed = canonical::seal(canonical::Vendor::Google, "g", false);
    for (const Row& row : {
             Row{"system and developer", R"({"role":"system","content":"a"},{"role":"developer",)"
                                         R"("content":[{"type":"text","text":"b"}]})",
                 "system: text a\nsystem: text b\n"},
             Row{"user", R"({"role":"user","content":"a"},{"role":"user","content":""})",
                 "user: text a\nuser: text \n"},
             Row{"images",
                 R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":)"
                 R"("data:image/png;base64,iVBORw0KGgo=","detail":"low"}},{"type":"image_url",)"
                 R"("image_url":"https://x/y.png"}]})",
                 "user: text a, image base64 image/png iVBORw0KGgo= low, image url  https://x/y.png\n"},
             Row{"a PDF",
                 R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf",)"
                 R"("file_data":"data:application/pdf;base64,JVBERi0="}},)"
                 R"({"type":"file","file":{"file_data":"JVBERi0="}},{"type":"file","file":{"file_id":"file-1"}}]})",
                 "user: document base64 application/pdf JVBERi0= a.pdf, document base64 application/pdf JVBERi0=, "
                 "document id  file-1\n"},
             Row{"a file of text",
                 R"({"role":"user","content":[{"type":"file","file":{"filename":"a.txt",)"
                 R"("file_data":"data:text/plain;base64,aGk="}}]})",
                 "user: text-document text text/plain hi a.txt\n"},
             Row{"sound", R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"QQ==",)"
                          R"("format":"wav"}}]})",
                 "user: audio base64 audio/wav QQ==\n"},
             Row{"an assistant in order",
                 R"({"role":"assistant","content":"a","refusal":null,"reasoning_content":"t","thinking_blocks":)"
                 R"([{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},)"
                 R"({"type":"thinking","thinking":"u","signature":")" + sealed + R"("}],"tool_calls":[)"
                 R"({"id":"1","type":"function","function":{"name":"f","arguments":"{}"},)"
                 R"("extra_content":{"google":{"thought_signature":"g"}}},)"
                 R"({"id":"2","type":"custom","custom":{"name":"g","input":"x"}}]})",
                 "assistant: thinking t 1:s, thinking  1:d redacted, thinking u 3:g, text a, call 1 f {} signed g, "
                 "call 2 g x custom\n"},
             Row{"reasoning without a proof", R"({"role":"assistant","content":"a","reasoning":"r"})",
                 "assistant: thinking r 0:, text a\n"},
             Row{"refusals", R"({"role":"assistant","content":null,"refusal":"no"},)"
                             R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},)"
                             R"({"role":"assistant","content":"a","refusal":"no"})",
                 "assistant: refusal no\nassistant: refusal no\nassistant: text a\n"},
             Row{"an assistant that says nothing", R"({"role":"assistant","content":""},{"role":"assistant",)"
                                                   R"("content":null})", ""},
             Row{"a server's blocks", R"({"role":"assistant","content":"a","server_tool_blocks":[{"type":"x"}]})",
                 "assistant: server {\"type\":\"x\"}, text a\n"},
             Row{"results", R"({"role":"tool","tool_call_id":"1","content":"a"},{"role":"tool","tool_call_id":"2",)"
                            R"("content":""},)"
                            R"({"role":"tool","tool_call_id":"3","content":[{"type":"text","text":"a"},)"
                            R"({"type":"image_url",)"
                            R"("image_url":{"url":"https://x/y.png"}}]})",
                 "tool: result 1 (text a)\ntool: result 2 ()\ntool: result 3 (text a, image url  https://x/y.png)\n"},
             Row{"legacy functions answer the latest open call of their name",
                 R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f",)"
                 R"("content":"a"},)"
                 R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f",)"
                 R"("content":"b"},)"
                 R"({"role":"function","name":"f","content":"c"})",
                 "assistant: call call_function_0 f {}\ntool: result call_function_0 f (text a)\n"
                 "assistant: call call_function_1 f {}\ntool: result call_function_1 f (text b)\n"
                 "tool: result f f (text c)\n"},
             Row{"marks",
                 R"({"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral",)"
                 R"("ttl":"1h"}}]},)"
                 R"({"role":"user","content":[{"type":"text","text":"a",)"
                 R"("prompt_cache_breakpoint":{"mode":"explicit"}},{"type":"text","text":"b"}]},)"
                 R"({"role":"user","content":"a","cache_control":{"type":"ephemeral"}},)"
                 R"({"role":"tool","tool_call_id":"1","content":"a","cache_control":{"type":"ephemeral"}},)"
                 R"({"role":"assistant","reasoning_content":"r","cache_control":{"type":"ephemeral"}})",
                 "system: text a *1h\nuser: text a *, text b\nuser: text a *\ntool: result 1 (text a) *\n"
                 "assistant: thinking r 0:\n"},
         }) {
      CAPTURE(row.name);
      CHECK(decode("[" + row.messages + "]") == row.want);
    }
  }

  TEST_CASE("what can't be read is rejected by its name") {
    struct Row {
      const char* messages;
      const char* want;
    };
    for (const Row& row : {
             Row{"[]", "! messages"},
             Row{"{}", "! messages"},
             Row{"[7]", "! messages[0]"},
             Row{R"([{"role":"user","content":"a"},{"role":"robot","content":"a"}])", "! messages[1].role"},
             Row{R"([{"content":"a"}])", "! messages[0].role"},
             Row{R"([{"role":"user","content":7}])", "! messages[0].content"},
             Row{R"([{"role":"user","content":["a"]}])", "! messages[0].content[0].type"},
             Row{R"([{"role":"user","content":[{"type":"video_url"}]}])", "! messages[0].content[0].type"},
             Row{R"([{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}])",
                 "! messages[0].content[0].type"},
             Row{R"([{"role":"user","content":[{"type":"image_url","image_url":{}}]}])",
                 "! messages[0].content[0].image_url"},
             Row{R"([{"role":"user","content":[{"type":"file","file":{}}]}])", "! messages[0].content[0].file"},
             Row{R"([{"role":"user","content":[{"type":"input_audio"}]}])", "! messages[0].content[0].input_audio"},
             Row{R"([{"role":"assistant","tool_calls":[{"id":"1"}]}])", "! messages[0].tool_calls"},
         }) {
      CAPTURE(row.messages);
      CHECK(decode(row.messages) == row.want);
    }
    canonical::Request request;
    canonical::Notes notes;
    decode_messages(nullptr, request, notes);
    REQUIRE(notes.rejection());
    CHECK(notes.rejection()->param == "messages");
  }

  TEST_CASE("the name of a user is dropped") {
    canonical::Request request;
    canonical::Notes notes;
    const Json tree = Json::parse(R"([{"role":"user","name":"Ann","content":"a"}])");
    decode_messages(&tree, request, notes);
    CHECK(notes.dropped() == std::vector<std::string>{"name"});
  }
}

}  // namespace aigw::protocol::chat
