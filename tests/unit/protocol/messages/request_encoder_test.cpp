#include "base/digest.h"
#include "protocol/messages/request_fixture.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Media;
using canonical::Message;
using canonical::Part;
using canonical::Request;
using canonical::Vendor;
using config::Capabilities;
using config::ThinkingForm;

using Names = std::vector<std::string>;

Part media(Media::Kind kind, Media::Source source, std::string type, std::string data, std::string name = "") {
  Media one;
  one.kind = kind;
  one.source = source;
  one.media_type = std::move(type);
  one.data = std::move(data);
  one.name = std::move(name);
  return {std::move(one), {}};
}

Request saying(std::vector<Message> messages) {
  Request request;
  request.messages = std::move(messages);
  return request;
}

std::string messages_of(std::vector<Message> messages, const Capabilities& can = {}) {
  return encode(saying(std::move(messages)), can).at("messages");
}

Capabilities thinking_model() {
  Capabilities can;
  can.thinking = ThinkingForm::Adaptive;
  return can;
}

}  // namespace

TEST_SUITE("protocol/messages/request_encoder") {

TEST_CASE("the plainest request is a model, a limit and the messages") {
  CHECK(dump(encode(greeting()).body) ==
        R"({"model":"claude","max_tokens":4096,"messages":[{"role":"user","content":"Hi"}]})");
}

TEST_CASE("the fields stand in the order of the vendor's documents") {
  Capabilities can = thinking_model();
  can.structured_outputs = true;
  Request request = greeting();
  request.messages.insert(request.messages.begin(), system({text("Be kind.")}));
  request.stream = true;
  request.max_tokens = 9;
  request.reasoning.effort = "low";
  request.stop = {"a"};
  request.service_tier = "default";
  request.user = "u1";
  request.tools = {function_tool("f")};
  request.tool_choice = choose(canonical::ToolChoice::Kind::Auto);
  request.format = canonical::OutputFormat{canonical::OutputFormat::Kind::JsonSchema, "n", "", json("{}"), true};
  CHECK(dump(encode(request, can).body) ==
        R"({"model":"claude","max_tokens":9,"system":"Be kind.","messages":[{"role":"user","content":"Hi"}],)"
        R"("tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto"},)"
        R"("thinking":{"type":"adaptive"},"output_config":{"effort":"low",)"
        R"("format":{"type":"json_schema","schema":{}}},)"
        R"("stop_sequences":["a"],"metadata":{"user_id":"u1"},"service_tier":"standard_only","stream":true})");
}

TEST_CASE("sampling keeps to what the model takes") {
  struct Row {
    const char* name;
    const char* temperature;
    const char* top_p;
    const char* top_k;
    Capabilities can;
    bool thinks;
    const char* want;  // of the three, as they go out
    Names dropped;
  };
  Capabilities refuses = thinking_model();
  refuses.rejects_sampling = true;
  Capabilities both = thinking_model();
  both.temp_xor_top_p = false;
  const Capabilities plain = thinking_model();
  for (const Row& row : {
           Row{"nothing", "", "", "", plain, false, "{}", {}},
           Row{"as it is spelled", "0.70", "", "40", plain, false, R"({"temperature":0.7,"top_k":40})", {}},
           Row{"above one", "1.3", "", "", plain, false, R"({"temperature":1})", {}},
           Row{"the ends", "2", "", "", plain, false, R"({"temperature":1})", {}},
           Row{"one of two", "0.5", "0.9", "", plain, false, R"({"temperature":0.5})", {"top_p"}},
           Row{"a temperature without effect", "1", "0.9", "", plain, false, R"({"top_p":0.9})", {"temperature"}},
           Row{"both", "0.5", "0.9", "", both, false, R"({"temperature":0.5,"top_p":0.9})", {}},
           Row{"refused", "0.5", "0.9", "3", refuses, false, "{}", {"temperature", "top_p", "top_k"}},
           Row{"thinking", "0.5", "0.9", "3", both, true, "{}", {"temperature", "top_p", "top_k"}},
           Row{"thinking, harmless", "1", "0.95", "", both, true, R"({"temperature":1,"top_p":0.95})", {}},
           Row{"thinking, one of two", "1", "0.97", "", plain, true, R"({"top_p":0.97})", {"temperature"}},
       }) {
    CAPTURE(row.name);
    const auto box = [](const char* number) { return *number == '\0' ? JsonBox() : JsonBox(json(number)); };
    Request request = greeting();
    request.temperature = box(row.temperature);
    request.top_p = box(row.top_p);
    request.top_k = box(row.top_k);
    if (row.thinks) request.reasoning.effort = "low";
    const Encoded encoded = encode(request, row.can);
    Json sent = Json::object();
    for (const char* const name : {"temperature", "top_p", "top_k"}) {
      if (encoded.body.contains(name)) sent[name] = encoded.body[name];
    }
    CHECK(dump(sent) == row.want);
    CHECK(encoded.dropped() == row.dropped);
    CHECK(encoded.rejected() == "");
  }
}

TEST_CASE("what the field can't mean is refused by its name") {
  struct Row {
    const char* param;
    void (*set)(Request&);
  };
  for (const Row& row : {
           Row{"temperature", [](Request& request) { request.temperature = Json(2.1); }},
           Row{"temperature", [](Request& request) { request.temperature = Json(-0.1); }},
           Row{"temperature", [](Request& request) { request.temperature = Json("warm"); }},
           Row{"top_p", [](Request& request) { request.top_p = Json::array(); }},
           Row{"top_k", [](Request& request) { request.top_k = Json(true); }},
           Row{"n", [](Request& request) { request.n = 2; }},
       }) {
    CAPTURE(row.param);
    Request request = greeting();
    row.set(request);
    CHECK(encode(request).rejected() == row.param);
  }
}

TEST_CASE("stop sequences of white space are left out") {
  struct Row {
    Names stop;
    const char* want;
    Names dropped;
  };
  for (const Row& row : {Row{{}, "", {}}, Row{{"a", "b "}, R"(["a","b "])", {}},
                         Row{{"", "\n", "x"}, R"(["x"])", {"stop"}}, Row{{" \t"}, "", {"stop"}}}) {
    CAPTURE(row.want);
    Request request = greeting();
    request.stop = row.stop;
    CHECK(encode(request).at("stop_sequences") == row.want);
    CHECK(encode(request).dropped() == row.dropped);
  }
}

TEST_CASE("the end user is told by an opaque id") {
  const auto hashed = [](const std::string& id) { return "{\"user_id\":\"" + sha256_hex(id) + "\"}"; };
  for (const char* const plain : {"u-1", "123456", "1234567890123456", "a@b", "@handle", "jane@localhost", "x@.com",
                                  "8a0b-77", "2+2", "+12 34", "Łódź"}) {
    CAPTURE(plain);
    Request request = greeting();
    request.safety_identifier = plain;
    CHECK(encode(request).at("metadata") == "{\"user_id\":\"" + std::string(plain) + "\"}");
  }
  std::string longest;
  for (int i = 0; i < 256; ++i) longest += "ł";
  for (const std::string& secret : {std::string("jane.doe+x@mail.example.org"), std::string("user:jane@example.com"),
                                    std::string("+48 600 100 200"), std::string("(555) 123-4567"),
                                    std::string("5551234567"), std::string("tel:+1-555-123-4567"), longest + "x"}) {
    CAPTURE(secret);
    Request request = greeting();
    request.safety_identifier = secret;
    CHECK(encode(request).at("metadata") == hashed(secret));
  }
  Request request = greeting();
  request.safety_identifier = longest;
  CHECK(encode(request).at("metadata") == "{\"user_id\":\"" + longest + "\"}");
}

TEST_CASE("the id of the end user is the first that is given, and no other metadata is sent") {
  struct Row {
    const char* safety;
    const char* user;
    const char* metadata;
    const char* want;
    Names dropped;
  };
  for (const Row& row : {Row{"s", "u", R"({"user_id":"m"})", R"({"user_id":"s"})", {}},
                         Row{"", "u", R"({"user_id":"m","team":"x"})", R"({"user_id":"u"})", {"metadata"}},
                         Row{"", "", R"({"user_id":"m"})", R"({"user_id":"m"})", {}},
                         Row{"", "", R"({"user_id":7,"team":"x"})", "", {"metadata"}}, Row{"", "", "{}", "", {}},
                         Row{"", "", "[]", "", {}}, Row{"", "", "null", "", {}}}) {
    CAPTURE(row.metadata);
    Request request = greeting();
    request.safety_identifier = row.safety;
    request.user = row.user;
    request.metadata = json(row.metadata);
    CHECK(encode(request).at("metadata") == row.want);
    CHECK(encode(request).dropped() == row.dropped);
  }
}

TEST_CASE("service tiers have other names") {
  struct Row {
    const char* tier;
    const char* want;
    Names dropped;
  };
  for (const Row& row : {Row{"", "", {}}, Row{"auto", "\"auto\"", {}}, Row{"default", "\"standard_only\"", {}},
                         Row{"flex", "", {"service_tier"}}, Row{"priority", "", {"service_tier"}}}) {
    CAPTURE(row.tier);
    Request request = greeting();
    request.service_tier = row.tier;
    CHECK(encode(request).at("service_tier") == row.want);
    CHECK(encode(request).dropped() == row.dropped);
  }
}

TEST_CASE("fields that are Chat's alone are dropped by the client's name") {
  Request request = greeting();
  for (const char* const name :
       {"seed", "logit_bias", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "store",
        "prediction", "verbosity", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "moderation",
        "web_search_options"}) {
    request.extras.push_back({name, std::string("my.") + name, json("7")});
  }
  const Encoded encoded = encode(request);
  CHECK(encoded.dropped().size() == request.extras.size());
  CHECK(encoded.dropped().front() == "my.seed");
  CHECK(encoded.body.size() == 3);
}

TEST_CASE("fields of other dialects that ask for nothing are left out without a word") {
  Request request = greeting();
  request.client = Dialect::Completions;
  request.extras = {{"logprobs", "logprobs", json("false")}, {"top_logprobs", "top_logprobs", json("0")},
                    {"frequency_penalty", "frequency_penalty", json("0.0")}, {"logit_bias", "logit_bias", json("{}")},
                    {"store", "store", json("false")}, {"modalities", "modalities", json(R"(["text"])")},
                    {"seed", "seed", json("null")}, {"seed", "seed", {}}};
  CHECK(encode(request).dropped().empty());
}

TEST_CASE("instructions ahead of the conversation become system blocks") {
  struct Row {
    const char* name;
    std::vector<Message> ahead;
    const char* want;
  };
  for (const Row& row : {
           Row{"none", {}, ""},
           Row{"blank", {system({text(" \n")}), system({})}, ""},
           Row{"one", {system({text("A")})}, R"("A")"},
           Row{"one with a mark", {system({marked(text("A"), "1h")})},
               R"([{"type":"text","text":"A","cache_control":{"type":"ephemeral","ttl":"1h"}}])"},
           Row{"several", {system({text("A"), text("B")}), system({text("C")})},
               R"([{"type":"text","text":"A"},{"type":"text","text":"B"},{"type":"text","text":"C"}])"},
       }) {
    CAPTURE(row.name);
    std::vector<Message> messages = row.ahead;
    messages.push_back(user({text("Hi")}));
    const Encoded encoded = encode(saying(messages));
    CHECK(encoded.at("system") == row.want);
    CHECK(encoded.at("messages") == R"([{"role":"user","content":"Hi"}])");
  }
}

TEST_CASE("a later system message stays where a model takes it") {
  CHECK(messages_of({user({text("Hi")}), system({text("Short!")}), assistant({text("Yo")}), user({text("?")})}) ==
        R"([{"role":"user","content":"Hi"},{"role":"system","content":"Short!"},{"role":"assistant","content":"Yo"},)"
        R"({"role":"user","content":"?"}])");
}

TEST_CASE("calls, results and what is said after them keep the order that Anthropic wants") {
  Part failed = result("t2", {});
  canonical::as<canonical::ToolResult>(failed)->is_error = true;
  Part custom = call("t3", "c", "free \"text\"");
  canonical::as<canonical::ToolCall>(custom)->custom = true;
  CHECK(messages_of({user({text("Hi")}),
                     assistant({thought("hm", Vendor::Anthropic, "s1"), thought("", Vendor::OpenAi, "x"),
                                thought("", Vendor::None, ""), text("I look"), {canonical::Refusal{"no"}, {}},
                                text("  "), call("t1", "f", R"({"b":1,"a":2})"), call("t2", "g", ""), custom}),
                     tool({result("t1", {text("one")}), failed,
                           marked(result("t3", {text("a"), text(" "), text("b")}))}),
                     user({text("Go on")})}) ==
        R"([{"role":"user","content":"Hi"},{"role":"assistant","content":[)"
        R"({"type":"thinking","thinking":"hm","signature":"s1"},{"type":"text","text":"I look"},)"
        R"({"type":"text","text":"no"},{"type":"tool_use","id":"t1","name":"f","input":{"b":1,"a":2}},)"
        R"({"type":"tool_use","id":"t2","name":"g","input":{}},)"
        R"({"type":"tool_use","id":"t3","name":"c","input":{"input":"free \"text\""}}]},{"role":"user","content":[)"
        R"({"type":"tool_result","tool_use_id":"t1","content":"one"},)"
        R"({"type":"tool_result","tool_use_id":"t2","is_error":true},)"
        R"({"type":"tool_result","tool_use_id":"t3","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],)"
        R"("cache_control":{"type":"ephemeral"}},{"type":"text","text":"Go on"}]}])");
}

TEST_CASE("arguments that are no object are carried all the same") {
  struct Row {
    const char* arguments;
    const char* input;
  };
  for (const Row& row : {Row{"", "{}"}, Row{" \n", "{}"}, Row{"[1]", R"({"value":[1]})"},
                         Row{R"({"a":)", R"({"_raw":"{\"a\":"})"}}) {
    CAPTURE(row.arguments);
    const Encoded encoded = encode(saying({user({text("Hi")}), assistant({call("t", "f", row.arguments)})}));
    CHECK(dump(encoded.body["messages"][1]["content"][0]["input"]) == row.input);
  }
}

TEST_CASE("redacted thoughts and blocks of Anthropic's own tools go back as they came, marks never on thoughts") {
  Part redacted = marked(thought("", Vendor::Anthropic, "d"));
  canonical::as<canonical::Thinking>(redacted)->redacted = true;
  CHECK(messages_of({user({text("Hi")}),
                     assistant({redacted,
                                {canonical::ServerToolBlock{json(R"({"type":"server_tool_use","x":1.0})")}, {}},
                                {canonical::ServerToolBlock{json("7")}, {}}, {canonical::ServerToolBlock{}, {}}})}) ==
        R"([{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"redacted_thinking","data":"d"},)"
        R"({"type":"server_tool_use","x":1.0},7]}])");
}

TEST_CASE("a turn of which nothing is left is left out, and its neighbours are one") {
  CHECK(messages_of({user({text("a")}), assistant({thought("hm", Vendor::None, "")}), user({text("b")})}) ==
        R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])");
}

TEST_CASE("assistant turns that were told apart stay two") {
  CHECK(messages_of({user({text("a")}), assistant({text("b")}), assistant({text("c")}), user({text("d")})}) ==
        R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"assistant","content":"c"},)"
        R"({"role":"user","content":"d"}])");
}

TEST_CASE("the end of a prefill is trimmed, other turns are not") {
  CHECK(messages_of({user({text("a ")}), assistant({text("b \n")}), user({text("c")}), assistant({text("{ \n")})}) ==
        R"([{"role":"user","content":"a "},{"role":"assistant","content":"b \n"},{"role":"user","content":"c"},)"
        R"({"role":"assistant","content":"{"}])");
  Capabilities can;
  can.prefill = false;
  CHECK(encode(saying({user({text("a")}), assistant({text("b")})}), can).rejected() == "messages");
  CHECK(encode(saying({user({text("a")}), assistant({text("b")}), user({text("c")})}), can).rejected() == "");
}

TEST_CASE("images and documents become blocks with a source") {
  using Kind = Media::Kind;
  using Source = Media::Source;
  struct Row {
    const char* name;
    Part part;
    const char* want;
  };
  for (const Row& row : {
           Row{"image", media(Kind::Image, Source::Base64, "image/png", "AAAA"),
               R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}})"},
           Row{"image by URL", marked(media(Kind::Image, Source::Url, "", "https://x/y")),
               R"({"type":"image","source":{"type":"url","url":"https://x/y"},"cache_control":{"type":"ephemeral"}})"},
           Row{"an image that is a PDF", media(Kind::Image, Source::Base64, "application/pdf", "AAAA"),
               R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}})"},
           Row{"PDF", media(Kind::Document, Source::Base64, "application/pdf", "AAAA", "a.pdf"),
               R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"},)"
               R"("title":"a.pdf"})"},
           Row{"PDF by URL", media(Kind::Document, Source::Url, "application/pdf", "https://x/y"),
               R"({"type":"document","source":{"type":"url","url":"https://x/y"}})"},
           Row{"text", media(Kind::TextDocument, Source::Text, "text/plain", "Once", "Tale"),
               R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"Once"},)"
               R"("title":"Tale"})"},
           Row{"text in base64", media(Kind::Document, Source::Base64, "text/markdown", "T25jZQ=="),
               R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"Once"}})"},
       }) {
    CAPTURE(row.name);
    CHECK(messages_of({user({row.part})}) == R"([{"role":"user","content":[)" + std::string(row.want) + "]}]");
    const Encoded answered =
        encode(saying({user({text("Hi")}), assistant({call("t", "f", "")}), tool({result("t", {row.part})})}));
    CHECK(dump(answered.body["messages"][2]["content"][0]["content"][0]) == row.want);
  }
}

TEST_CASE("media that the provider can't take are refused by the client's name of the field") {
  using Kind = Media::Kind;
  using Source = Media::Source;
  struct Row {
    const char* name;
    Part part;
    Dialect client;
    bool vision;
    const char* param;
  };
  const Part image = media(Kind::Image, Source::Url, "", "https://x/y");
  for (const Row& row : {
           Row{"another image", media(Kind::Image, Source::Base64, "image/tiff", "AA=="), Dialect::Chat, true,
               "messages"},
           Row{"another file", media(Kind::Document, Source::Base64, "application/zip", "AA=="), Dialect::Responses,
               true, "input"},
           Row{"broken text", media(Kind::Document, Source::Base64, "text/plain", "?"), Dialect::Chat, true,
               "messages"},
           Row{"a vendor's file", media(Kind::Document, Source::FileId, "", "file_1"), Dialect::Chat, true, "messages"},
           Row{"sound", media(Kind::Audio, Source::Base64, "audio/wav", "AA=="), Dialect::Chat, true, "messages"},
           Row{"a model without eyes", image, Dialect::Chat, false, "messages"},
           Row{"a model with eyes", image, Dialect::Chat, true, ""},
       }) {
    CAPTURE(row.name);
    Capabilities can;
    can.vision = row.vision;
    Request request = saying({user({row.part})});
    request.client = row.client;
    CHECK(encode(request, can).rejected() == row.param);
  }
}

TEST_CASE("the detail of an image is dropped, unless it is the usual one") {
  for (const char* const detail : {"", "auto", "low", "high"}) {
    CAPTURE(detail);
    Part image = media(Media::Kind::Image, Media::Source::Url, "", "https://x/y");
    canonical::as<Media>(image)->detail = detail;
    const bool usual = std::string(detail).empty() || std::string(detail) == "auto";
    CHECK(encode(saying({user({image})})).dropped() == (usual ? Names{} : Names{"detail"}));
  }
}

TEST_CASE("of many cache marks the first of all and the latest stay") {
  const auto marks_in = [](const Json& list) {
    std::string names;
    for (const Json& block : list) {
      if (block.contains("cache_control")) names += block.value("text", block.value("name", ""));
    }
    return names;
  };
  Request request = saying({system({marked(text("s"))}), user({marked(text("1")), marked(text("2"))}),
                            assistant({marked(call("t", "f", ""))}),
                            tool({result("t", {marked(text("3")), text("x")})}), user({marked(text("4"))})});
  request.tools = {function_tool("f")};
  request.tools[0].cache = canonical::CacheMark{};
  const Json body = encode(request).body;
  CHECK(marks_in(body["tools"]) == "f");
  CHECK(marks_in(body["system"]) == "s");
  CHECK(marks_in(body["messages"][0]["content"]) == "");
  CHECK(marks_in(body["messages"][1]["content"]) == "");
  CHECK(marks_in(body["messages"][2]["content"][0]["content"]) == "3");
  CHECK(marks_in(body["messages"][2]["content"]) == "4");
}

}  // TEST_SUITE

}  // namespace aigw::protocol::messages
