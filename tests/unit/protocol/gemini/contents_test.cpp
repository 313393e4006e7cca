#include "protocol/gemini/contents.h"

#include <doctest/doctest.h>

#include "protocol/gemini/requests.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Media;
using canonical::Part;
using canonical::Role;
using canonical::Text;
using canonical::Thinking;
using canonical::Vendor;

Json contents_of(std::vector<canonical::Message> messages, const config::Capabilities& can = {}) {
  canonical::Request request;
  request.messages = std::move(messages);
  canonical::Notes notes;
  Json written = contents(request, can, notes);
  CHECK_FALSE(notes.rejection());
  return written;
}

// The parts of the only assistant turn.
Json model_parts(std::vector<Part> parts, const config::Capabilities& can = {}) {
  const Json written = contents_of({user("hi"), assistant(std::move(parts))}, can);
  REQUIRE(written.size() == 2);
  CHECK(written[1]["role"] == "model");
  return written[1]["parts"];
}

Json response_of(Part part) {
  const Json written =
      contents_of({user("hi"), assistant({call("c1", "f", "{}")}), message(Role::Tool, {std::move(part)})});
  return written.at(2).at("parts").at(0).at("functionResponse").at("response");
}

Part thought(std::string proof, Vendor vendor = Vendor::Google) {
  return part(Thinking{"why", vendor, std::move(proof), false});
}
Part text(std::string words) { return part(Text{std::move(words)}); }

}  // namespace

TEST_SUITE("protocol/gemini/contents") {
  TEST_CASE("system messages are parts of their own") {
    canonical::Request request;
    request.messages = {message(Role::System, {text("one"), text("")}),
                        message(Role::System, {text("two")}), user("hi")};
    CHECK(system_parts(request) == tree(R"([{"text":"one"},{"text":"two"}])"));
  }

  TEST_CASE("neighbours of one role are one content, and empty texts none") {
    CHECK(contents_of({user("a"), user("b"), assistant({text("c"), text("")}), assistant({thought("x", Vendor::None)}),
                       user("d")}) == tree(R"([{"role":"user","parts":[{"text":"a"},{"text":"b"}]},
                                               {"role":"model","parts":[{"text":"c"}]},
                                               {"role":"user","parts":[{"text":"d"}]}])"));
    // Of the turn between them nothing is left.
    CHECK(contents_of({user("a"), assistant({thought("x", Vendor::Anthropic)}), user("b")}).size() == 1);
  }

  TEST_CASE("calls stand behind the texts, with an object as arguments") {
    canonical::ToolCall custom{"c2", "shell", "ls", true, ""};
    CHECK(model_parts({call("c1", "f", R"({"z":1,"a":2})"), text("wait"), part(canonical::Refusal{"no"}),
                       call("", "g", ""), part(custom), call("c3", "h", "{\"cut")}) ==
          tree(R"([{"text":"wait"},{"text":"no"},
                   {"functionCall":{"id":"c1","name":"f","args":{"z":1,"a":2}}},
                   {"functionCall":{"name":"g","args":{}}},
                   {"functionCall":{"id":"c2","name":"shell","args":{"input":"ls"}}},
                   {"functionCall":{"id":"c3","name":"h","args":{"_raw":"{\"cut"}}}])"));
  }

  TEST_CASE("results stand first and together, in one content with the user's next words") {
    canonical::ToolResult picture{"c2", "", {}, false};
    picture.content.push_back(part(Media{Media::Kind::Image, Media::Source::Base64, "image/png", "AAAA", "", "", ""}));
    CHECK(contents_of({user("hi"), assistant({call("c2", "look", "{}"), call("c1", "find", "{}")}),
                       message(Role::Tool, {part(picture), result("c1", "found")}), user("go on")})
              .at(2) == tree(R"({"role":"user","parts":[
                {"functionResponse":{"id":"c2","name":"look","response":{"output":""}}},
                {"functionResponse":{"id":"c1","name":"find","response":{"output":"found"}}},
                {"inlineData":{"mimeType":"image/png","data":"AAAA"}},
                {"text":"go on"}]})"));
  }

  TEST_CASE("the name of a result is that of the latest call with its id") {
    const Json written = contents_of({user("hi"), assistant({call("c1", "first", "{}")}),
                                      message(Role::Tool, {result("c1", "1")}), assistant({call("c1", "second", "{}")}),
                                      message(Role::Tool, {result("c1", "2")})});
    CHECK(written.at(2).at("parts").at(0).at("functionResponse").at("name") == "first");
    CHECK(written.at(4).at("parts").at(0).at("functionResponse").at("name") == "second");
  }

  TEST_CASE("a result is the object that it is, else an output or an error") {
    struct Row {
      const char* text;
      bool is_error;
      const char* want;
    };
    const Row rows[] = {
        {R"({"b":1,"a":2})", false, R"({"b":1,"a":2})"},
        {"sunny", false, R"({"output":"sunny"})"},
        {"", false, R"({"output":""})"},
        {" ", false, R"({"output":" "})"},
        {"42", false, R"({"output":42})"},
        {"12345678901234567890123", false, R"({"output":"12345678901234567890123"})"},
        {"[1,null]", false, R"({"output":[1,null]})"},
        {"null", false, R"({"output":null})"},
        {R"("quoted")", false, R"({"output":"quoted"})"},
        {"1,\"x\":2", false, R"({"output":"1,\"x\":2"})"},
        {"boom", true, R"({"error":"boom"})"},
        {R"({"a":1})", true, R"({"error":"{\"a\":1}"})"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.text);
      CHECK(response_of(result("c1", row.text, row.is_error)) == tree(row.want));
    }
    canonical::ToolResult lines{"c1", "", {text("a"), text("b")}, false};
    CHECK(response_of(part(lines)) == tree(R"({"output":"a\nb"})"));
  }

  TEST_CASE("Google's proofs go back with the part they came with") {
    CHECK(model_parts({thought("s1"), text("a"), text("b")}) ==
          tree(R"([{"text":"a","thoughtSignature":"s1"},{"text":"b"}])"));
    CHECK(model_parts({text("a"), thought("s1"), call("c", "f", "{}"), call("d", "g", "{}")}) ==
          tree(R"([{"text":"a"},{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"s1"},
                   {"functionCall":{"id":"d","name":"g","args":{}}}])"));
    // It came with an empty text at the end of a stream.
    CHECK(model_parts({text("a"), thought("s1")}) == tree(R"([{"text":"a","thoughtSignature":"s1"}])"));
    // Chat clients have blocks of thinking in front of everything, and the call's own proof.
    CHECK(model_parts({thought("s1"), text("a"), call("c", "f", "{}", "s1")}) ==
          tree(R"([{"text":"a"},{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"s1"}])"));
    for (const Vendor vendor : {Vendor::None, Vendor::Anthropic, Vendor::OpenAi}) {
      CHECK(model_parts({thought("s1", vendor), text("a")}) == tree(R"([{"text":"a"}])"));
    }
    CHECK(model_parts({thought(""), text("a")}) == tree(R"([{"text":"a"}])"));
  }

  TEST_CASE("a model that needs a proof gets one for the first call of a turn") {
    config::Capabilities can;
    can.needs_thought_signature = true;
    CHECK(model_parts({call("c", "f", "{}"), call("d", "g", "{}")}, can) ==
          tree(R"([{"functionCall":{"id":"c","name":"f","args":{}},
                    "thoughtSignature":"skip_thought_signature_validator"},
                   {"functionCall":{"id":"d","name":"g","args":{}}}])"));
    CHECK(model_parts({call("c", "f", "{}", "own"), call("d", "g", "{}")}, can) ==
          tree(R"([{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"own"},
                   {"functionCall":{"id":"d","name":"g","args":{}}}])"));
    CHECK(model_parts({text("a")}, can) == tree(R"([{"text":"a"}])"));
  }

  TEST_CASE("blocks of tools that ran elsewhere are told in words") {
    const Json block = tree(R"({"type":"web_search_tool_result","content":[{"url":"https://a.example","title":"A"}]})");
    const Json parts = model_parts({text("a"), part(canonical::ServerToolBlock{block})});
    REQUIRE(parts.size() == 2);
    CHECK(parts[1]["text"].get<std::string>().find("https://a.example") != std::string::npos);
  }
}

}  // namespace aigw::protocol::gemini
