#include <algorithm>

#include "protocol/canonical/proof.h"
#include "protocol/messages/request_fixture.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Media;
using canonical::Message;
using canonical::Notes;
using canonical::Part;
using canonical::Request;
using canonical::Role;
using canonical::Tool;
using canonical::ToolChoice;
using canonical::Vendor;

using Names = std::vector<std::string>;

struct Decoded {
  Request request;
  Notes notes;
  std::string rejected() const { return notes.rejection() ? notes.rejection()->param : ""; }
};

// A body with these members beside the required ones, which they may replace.
Decoded decode(const std::string& members) {
  Json body = json(R"({"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hi"}]})");
  const Json given = Json::parse("{" + members + "}");
  for (const auto& [name, value] : given.items()) body[name] = value;
  Decoded decoded;
  decoded.request = decode_request(body, decoded.notes);
  return decoded;
}

Decoded decode_turns(const std::string& turns) { return decode("\"messages\":[" + turns + "]"); }
Decoded decode_user(const std::string& blocks) { return decode_turns(R"({"role":"user","content":[)" + blocks + "]}"); }
Decoded decode_assistant(const std::string& blocks) {
  return decode_turns(R"({"role":"assistant","content":[)" + blocks + "]}");
}

// A part in a few words.
std::string words(const Part& part);

std::string words(const std::vector<Part>& parts) {
  std::string all;
  for (const Part& part : parts) all += (all.empty() ? "" : " ") + words(part);
  return all;
}

std::string words_of(const Media& media) {
  static const std::vector<std::string> kinds = {"image", "document", "text-document", "audio"};
  static const std::vector<std::string> sources = {"/base64", "/url", "/text", "/file"};
  std::string said = kinds[static_cast<std::size_t>(media.kind)];
  said += sources[static_cast<std::size_t>(media.source)];
  for (const std::string* piece : {&media.media_type, &media.data, &media.name, &media.context}) {
    if (!piece->empty()) said += ":" + *piece;
  }
  return said;
}

std::string words(const Part& part) {
  std::string said;
  if (const auto* one = canonical::as<canonical::Text>(part)) said = "'" + one->text + "'";
  if (const auto* one = canonical::as<Media>(part)) said = words_of(*one);
  if (const auto* one = canonical::as<canonical::ToolCall>(part)) said = one->id + "=" + one->name + one->arguments;
  if (const auto* one = canonical::as<canonical::ServerToolBlock>(part)) said = dump(*one->block);
  if (const auto* one = canonical::as<canonical::ToolResult>(part)) {
    said = one->call_id + (one->is_error ? "!" : "") + "[" + words(one->content) + "]";
  }
  if (const auto* one = canonical::as<canonical::Thinking>(part)) {
    said = std::string(one->redacted ? "redacted" : "thought") + ":" + one->text + ":" + one->proof;
  }
  return said + (part.cache ? "*" + part.cache->ttl : "");
}

// The turns, one letter for each role.
std::string turns(const Decoded& decoded) {
  std::string all;
  for (const Message& message : decoded.request.messages) {
    all += (all.empty() ? "" : " | ") + std::string(1, "SUAT"[static_cast<std::size_t>(message.role)]) + " ";
    all += words(message.parts);
  }
  return all;
}

}  // namespace

TEST_SUITE("protocol/messages/request_decoder") {

TEST_CASE("the plain fields have places of their own") {
  const Decoded decoded = decode(
      R"("temperature":0.50,"top_p":0.9,"top_k":40,"stop_sequences":["a","b"],"stream":true,"system":null,)"
      R"("metadata":{"user_id":"u"},"service_tier":"standard_only","container":null)");
  const Request& request = decoded.request;
  CHECK(request.client == Dialect::Messages);
  CHECK(request.model == "m");
  CHECK(request.max_tokens == 10);
  CHECK(dump(*request.temperature) == "0.5");
  CHECK(dump(*request.top_p) == "0.9");
  CHECK(dump(*request.top_k) == "40");
  CHECK(request.stop == Names{"a", "b"});
  CHECK(request.stream);
  CHECK(request.safety_identifier == "u");
  CHECK_FALSE(request.metadata);
  CHECK(request.service_tier == "default");
  CHECK(turns(decoded) == "U 'Hi'");
  CHECK(decoded.notes.dropped().empty());
  CHECK(decoded.rejected() == "");
  CHECK(decode(R"("service_tier":"auto")").request.service_tier == "auto");
}

TEST_CASE("a field of a wrong type or value is refused by its name, and nothing breaks") {
  struct Row {
    const char* members;
    const char* param;
  };
  for (const Row& row : {
           Row{R"("model":7)", "model"},
           Row{R"("max_tokens":0)", "max_tokens"},
           Row{R"("max_tokens":null)", "max_tokens"},
           Row{R"("max_tokens":-1)", "max_tokens"},
           Row{R"("max_tokens":1.5)", "max_tokens"},
           Row{R"("max_tokens":"10")", "max_tokens"},
           Row{R"("max_tokens":99999999999999999999)", "max_tokens"},
           Row{R"("messages":[])", "messages"},
           Row{R"("messages":null)", "messages"},
           Row{R"("messages":{})", "messages"},
           Row{R"("messages":[7])", "messages[0].role"},
           Row{R"("messages":[{"role":"tool","content":"x"}])", "messages[0].role"},
           Row{R"("messages":[{"role":"user"}])", "messages[0].content"},
           Row{R"("messages":[{"role":"user","content":null}])", "messages[0].content"},
           Row{R"("messages":[{"role":"assistant","content":{}}])", "messages[0].content"},
           Row{R"("messages":[{"role":"user","content":[7]}])", "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"text"}]}])", "messages[0].content[0].text"},
           Row{R"("messages":[{"role":"user","content":[{"type":"thinking"}]}])", "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"tool_use"}]}])", "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"container_upload"}]}])",
               "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"image"}]}])", "messages[0].content[0].source"},
           Row{R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":7}}]}])",
               "messages[0].content[0].source"},
           Row{R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"text","data":"x"}}]}])",
               "messages[0].content[0].source"},
           Row{R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"content",)"
               R"("content":7}}]}])",
               "messages[0].content[0].source.content"},
           Row{R"("messages":[{"role":"user","content":[{"type":"document","source":)"
               R"({"type":"content","content":[{"type":"x"}]}}]}])",
               "messages[0].content[0].source.content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"tool_result","content":7}]}])",
               "messages[0].content[0].content"},
           Row{R"("messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"x"}]}]}])",
               "messages[0].content[0].content[0].type"},
           Row{R"("messages":[{"role":"user","content":[{"type":"mid_conv_system"}]}])",
               "messages[0].content[0].content"},
           Row{R"("messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t"}]}])",
               "messages[0].content[0].name"},
           Row{R"("messages":[{"role":"assistant","content":[{"type":"tool_result"}]}])",
               "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"assistant","content":[{"type":"image"}]}])", "messages[0].content[0].type"},
           Row{R"("messages":[{"role":"system","content":[{"type":"image"}]}])", "messages[0].content[0].type"},
           Row{R"("system":7)", "system"},
           Row{R"("system":["x"])", "system[0].type"},
           Row{R"("system":[{"type":"text","text":7}])", "system[0].text"},
           Row{R"("temperature":"1")", "temperature"},
           Row{R"("top_p":[])", "top_p"},
           Row{R"("top_k":true)", "top_k"},
           Row{R"("stop_sequences":"x")", "stop_sequences"},
           Row{R"("stop_sequences":["x",1])", "stop_sequences"},
           Row{R"("stream":1)", "stream"},
           Row{R"("tools":{})", "tools"},
           Row{R"("tools":[7])", "tools[0]"},
           Row{R"("tools":[{"type":"custom"}])", "tools[0].name"},
           Row{R"("tools":[{"name":7}])", "tools[0].name"},
           Row{R"("tools":[{"name":"f","input_schema":[]}])", "tools[0].input_schema"},
           Row{R"("tool_choice":"auto")", "tool_choice.type"},
           Row{R"("tool_choice":{"type":"tool"})", "tool_choice.name"},
           Row{R"("tool_choice":{"type":"tool","name":[]})", "tool_choice.name"},
           Row{R"("thinking":7)", "thinking.type"},
           Row{R"("thinking":{"type":"enabled"})", "thinking.budget_tokens"},
           Row{R"("thinking":{"type":"enabled","budget_tokens":"x"})", "thinking.budget_tokens"},
           Row{R"("output_config":7)", "output_config"},
           Row{R"("output_config":{"effort":7})", "output_config.effort"},
           Row{R"("output_config":{"effort":"hard"})", "output_config.effort"},
           Row{R"("output_config":{"format":{"type":"text"}})", "output_config.format.type"},
           Row{R"("output_config":{"format":{"type":"json_schema","schema":7}})", "output_config.format.schema"},
           Row{R"("metadata":[])", "metadata"},
           Row{R"("mcp_servers":[{"type":"url"}])", "mcp_servers"},
           Row{R"("mcp_servers":7)", "mcp_servers"},
       }) {
    CAPTURE(row.members);
    const Decoded decoded = decode(row.members);
    CHECK(decoded.rejected() == row.param);
    if (decoded.notes.rejection()) CHECK(decoded.notes.rejection()->message.find(row.param) == 0);
  }
  Notes notes;
  decode_request(Json(7), notes);
  CHECK(notes.rejection().has_value());
}

TEST_CASE("what has no counterpart anywhere is dropped by name") {
  struct Row {
    const char* members;
    Names want;
  };
  for (const Row& row : {
           Row{R"("cache_control":{"type":"ephemeral"},"inference_geo":"us","container":"c","context_management":{},)"
               R"("user_profile_id":"p","something_new":1,"betas":null)",
               {"cache_control", "inference_geo", "container", "context_management", "user_profile_id",
                "something_new"}},
           Row{R"("service_tier":"gold")", {"service_tier"}},
           Row{R"("service_tier":7)", {"service_tier"}},
           Row{R"("metadata":{"user_id":"u","team":"x"})", {"metadata"}},
           Row{R"("metadata":{"user_id":7})", {}},
           Row{R"("output_config":{"effort":"low","task_budget":{"total":1},"format":null})",
               {"output_config.task_budget"}},
           Row{R"("mcp_servers":[])", {}},
           Row{R"("tools":[{"name":"f","eager_input_streaming":true,"defer_loading":true,)"
               R"("allowed_callers":["direct"]}])",
               {}},
           Row{R"("tools":[{"name":"f","input_examples":[{}]}])", {"input_examples"}},
           Row{R"("messages":[{"role":"assistant","content":[{"type":"text","text":"x","citations":[{}]}]}])",
               {"citations"}},
           Row{R"("messages":[{"role":"assistant","content":[{"type":"text","text":"x","citations":null}]}])", {}},
           Row{R"("messages":[{"role":"user","content":[{"type":"document","citations":{"enabled":true},)"
               R"("source":{"type":"text","data":"x"}}]}])",
               {"citations"}},
           Row{R"("messages":[{"role":"user","content":[{"type":"document","citations":{"enabled":false},)"
               R"("source":{"type":"text","data":"x"}}]}])",
               {}},
       }) {
    CAPTURE(row.members);
    const Decoded decoded = decode(row.members);
    CHECK(decoded.notes.dropped() == row.want);
    CHECK(decoded.rejected() == "");
  }
}

TEST_CASE("system is one message ahead, without what is bookkeeping or empty") {
  struct Row {
    const char* system;
    const char* want;
  };
  for (const Row& row : {
           Row{"\"Be kind.\"", "S 'Be kind.' | U 'Hi'"},
           Row{"\"\"", "U 'Hi'"},
           Row{"[]", "U 'Hi'"},
           Row{R"([{"type":"text","text":""}])", "U 'Hi'"},
           Row{R"("x-anthropic-billing-header: cc_version=1")", "U 'Hi'"},
           Row{R"([{"type":"text","text":"x-anthropic-billing-header: a=b;"},)"
               R"({"type":"text","text":"A","cache_control":{"type":"ephemeral","ttl":"1h"}},)"
               R"({"type":"text","text":"B"}])",
               "S 'A'*1h 'B' | U 'Hi'"},
       }) {
    CAPTURE(row.system);
    CHECK(turns(decode(R"("system":)" + std::string(row.system))) == row.want);
  }
}

TEST_CASE("turns keep their order, and instructions inside their place") {
  CHECK(turns(decode_turns(R"({"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]},)"
                           R"({"role":"system","content":"s"},{"role":"assistant","content":"c"},)"
                           R"({"role":"assistant","content":[]},)"
                           R"({"role":"system","content":[{"type":"text","text":"t"}]})")) ==
        "U 'a' | U 'b' | S 's' | A 'c' | S 't'");
}

TEST_CASE("results of tools come first, in a turn of their own") {
  CHECK(turns(decode_user(R"({"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"1","content":"one"},)"
                          R"({"type":"image","source":{"type":"url","url":"https://i"}},)"
                          R"({"type":"tool_result","tool_use_id":"2","is_error":true,)"
                          R"("cache_control":{"type":"ephemeral"}})")) ==
        "T 1['one'] 2![]* | U 'x' image/url:https://i");
  CHECK(turns(decode_user(R"({"type":"tool_result","tool_use_id":"1","content":null})")) == "T 1[]");
}

TEST_CASE("instructions inside a user message split it, after the results") {
  CHECK(turns(decode_user(R"({"type":"text","text":"a"},{"type":"mid_conv_system",)"
                          R"("content":[{"type":"text","text":"s"}]},)"
                          R"({"type":"tool_result","tool_use_id":"1"},{"type":"text","text":"b"})")) ==
        "T 1[] | U 'a' | S 's' | U 'b'");
  CHECK(turns(decode_user(R"({"type":"mid_conv_system","text":"s"})")) == "S 's'");
  CHECK(turns(decode_user(R"({"type":"mid_conv_system","content":"s"})")) == "S 's'");
}

TEST_CASE("a result holds text, images, documents, and names what was found") {
  CHECK(turns(decode_user(R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"a"},)"
                          R"({"type":"image","source":{"type":"base64","media_type":"image/png",)"
                          R"("data":"iVBORw0KGgo="}},)"
                          R"({"type":"search_result","title":"T","source":"https://s","content":)"
                          R"([{"type":"text","text":"p"},{"type":"text","text":"q"},7]},)"
                          R"({"type":"tool_reference","tool_name":"f"},)"
                          R"({"type":"document","source":{"type":"url","url":"https://d"}}]})")) ==
        "T 1['a' image/base64:image/png:iVBORw0KGgo= 'T\nhttps://s\np\nq' 'f' document/url:https://d]");
}

TEST_CASE("documents keep title and context, whatever they are made of") {
  struct Row {
    const char* source;
    const char* want;
  };
  for (const Row& row : {
           Row{R"({"type":"base64","media_type":"application/pdf","data":"JVBERi0="})",
               "U document/base64:application/pdf:JVBERi0=:T:C"},
           Row{R"({"type":"text","media_type":"text/plain","data":"Once"})",
               "U text-document/text:text/plain:Once:T:C"},
           Row{R"({"type":"file","file_id":"file_1"})", "U document/file:file_1:T:C"},
           Row{R"({"type":"content","content":"Once"})", "U text-document/text:text/plain:Once:T:C"},
           Row{R"({"type":"content","content":[{"type":"text","text":"a"},{"type":"image","source":)"
               R"({"type":"url","url":"https://i"}},{"type":"text","text":"b"}]})",
               "U text-document/text:text/plain:a\nb:T:C image/url:https://i"},
       }) {
    CAPTURE(row.source);
    CHECK(turns(decode_user(R"({"type":"document","title":"T","context":"C",)"
                            R"("source":)" + std::string(row.source) + "}")) ==
          row.want);
  }
}

TEST_CASE("what the model said comes back block by block") {
  CHECK(turns(decode_assistant(
            R"({"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"d"},)"
            R"({"type":"text","text":"a"},{"type":"tool_use","id":"1","name":"f","input":{"b":1.0,"a":{}}},)"
            R"({"type":"tool_use","id":"2","name":"g","input":{}},{"type":"tool_use","id":"3","name":"h"},)"
            R"({"type":"server_tool_use","id":"s"},{"type":"web_search_tool_result","content":[]})")) ==
        R"(A thought:hm:sig redacted::d 'a' 1=f{"b":1.0,"a":{}} 2=g{} 3=h{} {"type":"server_tool_use","id":"s"} )"
        R"({"type":"web_search_tool_result","content":[]})");
}

TEST_CASE("a signature tells whose thought it is") {
  struct Row {
    const char* name;
    std::string signature;
    Vendor vendor;
    std::string proof;
  };
  for (const Row& row : {Row{"Anthropic's own", "EqQB", Vendor::Anthropic, "EqQB"},
                         Row{"none", "", Vendor::None, ""},
                         Row{"sealed", canonical::seal(Vendor::OpenAi, "enc", false), Vendor::OpenAi, "enc"},
                         Row{"sealed, Google's", canonical::seal(Vendor::Google, "g", false), Vendor::Google, "g"},
                         Row{"sealed, nobody's", canonical::seal(Vendor::None, "", false), Vendor::None, ""},
                         Row{"damaged", "gw1.?", Vendor::None, ""}}) {
    CAPTURE(row.name);
    const Decoded decoded =
        decode_assistant(R"({"type":"thinking","thinking":"x","signature":")" + row.signature + "\"}");
    const auto* const thinking = canonical::as<canonical::Thinking>(decoded.request.messages[0].parts[0]);
    REQUIRE(thinking != nullptr);
    CHECK(thinking->vendor == row.vendor);
    CHECK(thinking->proof == row.proof);
    CHECK(thinking->text == "x");
  }
}

TEST_CASE("tools are functions, and those with a type of their own are kept as they are") {
  const Decoded decoded = decode(
      R"("tools":[{"name":"f","description":"D","input_schema":{"type":"object","b":1,"a":2},"strict":true,)"
      R"("cache_control":{"type":"ephemeral"}},{"type":"custom","name":"g"},{"type":null,"name":"h"},)"
      R"({"type":"bash_20250124","name":"bash"}])");
  REQUIRE(decoded.request.tools.size() == 4);
  const Tool& full = decoded.request.tools[0];
  CHECK(full.kind == Tool::Kind::Function);
  CHECK(full.description == "D");
  CHECK(dump(*full.parameters) == R"({"type":"object","b":1,"a":2})");
  CHECK(full.strict == true);
  CHECK(full.cache.has_value());
  CHECK(decoded.request.tools[1].name == "g");
  CHECK_FALSE(decoded.request.tools[1].parameters);
  CHECK_FALSE(decoded.request.tools[1].strict.has_value());
  CHECK(decoded.request.tools[2].kind == Tool::Kind::Function);
  CHECK(decoded.request.tools[3].kind == Tool::Kind::Server);
  CHECK(decoded.request.tools[3].name == "bash");
  CHECK(dump(*decoded.request.tools[3].raw) == R"({"type":"bash_20250124","name":"bash"})");
}

TEST_CASE("a choice of tools says whether calls may be parallel") {
  struct Row {
    const char* choice;
    ToolChoice::Kind kind;
    const char* name;
    std::optional<bool> parallel;
  };
  using Kind = ToolChoice::Kind;
  for (const Row& row : {Row{R"({"type":"auto"})", Kind::Auto, "", {}},
                         Row{R"({"type":"any"})", Kind::Required, "", {}},
                         Row{R"({"type":"none"})", Kind::None, "", {}},
                         Row{R"({"type":"tool","name":"f"})", Kind::Named, "f", {}},
                         Row{R"({"type":"any","disable_parallel_tool_use":true})", Kind::Required, "", false},
                         Row{R"({"type":"any","disable_parallel_tool_use":false})", Kind::Required, "", {}},
                         Row{R"({"type":"any","disable_parallel_tool_use":7})", Kind::Required, "", {}}}) {
    CAPTURE(row.choice);
    const Decoded decoded = decode(R"("tool_choice":)" + std::string(row.choice));
    REQUIRE(decoded.request.tool_choice.has_value());
    CHECK(decoded.request.tool_choice->kind == row.kind);
    CHECK(decoded.request.tool_choice->name == row.name);
    CHECK(decoded.request.parallel_tool_calls == row.parallel);
  }
}

TEST_CASE("thinking and effort are noted as the client said them") {
  const Decoded enabled = decode(R"("thinking":{"type":"enabled","budget_tokens":2048},)"
                                 R"("output_config":{"effort":"max"})");
  CHECK(enabled.request.reasoning.budget == 2048);
  CHECK(enabled.request.reasoning.effort == "max");
  CHECK(dump(*enabled.request.reasoning.thinking) == R"({"type":"enabled","budget_tokens":2048})");
  CHECK(decode(R"("thinking":{"type":"disabled"})").request.reasoning.disabled);
  CHECK(decode(R"("thinking":{"type":"adaptive"})").request.reasoning.adaptive);
}

TEST_CASE("a form of output is strict only where OpenAI could hold to it") {
  struct Row {
    const char* schema;
    bool strict;
  };
  for (const Row& row : {
           Row{R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false})", true},
           Row{R"({"type":"object","properties":{"a":{}},"additionalProperties":false})", false},
       }) {
    CAPTURE(row.schema);
    const Decoded decoded =
        decode(R"("output_config":{"format":{"type":"json_schema","schema":)" + std::string(row.schema) + "}}");
    REQUIRE(decoded.request.format.has_value());
    CHECK(decoded.request.format->kind == canonical::OutputFormat::Kind::JsonSchema);
    CHECK(decoded.request.format->name == "response");
    CHECK(dump(*decoded.request.format->schema) == row.schema);
    CHECK(decoded.request.format->strict == row.strict);
  }
}

TEST_CASE("a request to count tokens is the same without a limit") {
  Notes notes;
  const Request request =
      decode_count_request(json(R"({"model":"m","system":"s","messages":[{"role":"user","content":"Hi"}]})"), notes);
  CHECK_FALSE(notes.rejection().has_value());
  CHECK(request.client == Dialect::TokenCount);
  CHECK(request.messages.size() == 2);
  CHECK_FALSE(request.max_tokens.has_value());
}

}  // TEST_SUITE

}  // namespace aigw::protocol::messages
