#include <doctest/doctest.h>

#include "protocol/gemini/gemini.h"
#include "protocol/gemini/requests.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;
using canonical::Role;

Request conversation() {
  Request request;
  request.messages = {message(Role::System, {part(canonical::Text{"be brief"})}), user("hi")};
  request.tools = {function("f", "does", one_parameter())};
  request.tool_choice = canonical::ToolChoice{canonical::ToolChoice::Kind::Required, "", {}, false};
  request.max_tokens = 10;
  return request;
}

}  // namespace

TEST_SUITE("protocol/gemini/request_encoder") {
  TEST_CASE("a request as Gemini has it, without model and stream") {
    Request request = conversation();
    request.model = "client-name";
    request.stream = true;
    ReplyRules rules;
    Notes notes;
    CHECK(encode_request(request, {}, rules, notes).dump() ==
          R"({"systemInstruction":{"parts":[{"text":"be brief"}]},)"
          R"("contents":[{"role":"user","parts":[{"text":"hi"}]}],)"
          R"("tools":[{"functionDeclarations":[{"name":"f","description":"does","parameters":)" +
              one_parameter().dump() +
              R"(}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},)"
              R"("generationConfig":{"maxOutputTokens":10}})");
    CHECK_FALSE(notes.rejection());
    CHECK(notes.dropped().empty());
  }

  TEST_CASE("no more is sent than was said") {
    Request request;
    request.messages = {user("hi")};
    ReplyRules rules;
    Notes notes;
    CHECK(encode_request(request, {}, rules, notes).dump() ==
          R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}]})");
  }

  TEST_CASE("a count is asked for what the model would read") {
    for (const char* model : {"gemini-x", "models/gemini-x"}) {
      Target target;
      target.model = model;
      ReplyRules rules;
      Notes notes;
      const Json body = encode_count_request(conversation(), target, rules, notes);
      REQUIRE(body.size() == 1);
      const Json& counted = body.at("generateContentRequest");
      CHECK(counted.at("model") == "models/gemini-x");
      CHECK(counted.at("contents").size() == 1);
      CHECK(counted.at("systemInstruction").at("parts").size() == 1);
      CHECK(counted.at("tools").size() == 1);
      CHECK(counted.size() == 4);
    }
  }

  TEST_CASE("JSON beside tools is a wish in the instructions, and a fence around it is taken off") {
    Request request = conversation();
    request.format = canonical::OutputFormat{};
    ReplyRules rules;
    Notes notes;
    const Json body = encode_request(request, {}, rules, notes);
    CHECK(body.at("systemInstruction").at("parts").size() == 2);
    CHECK_FALSE(body.at("generationConfig").contains("responseMimeType"));
    CHECK(rules.strip_fence);
  }

  TEST_CASE("what Gemini has no word for is dropped by the client's name") {
    Request request = conversation();
    request.user = "u";
    request.safety_identifier = "s";
    request.service_tier = "flex";
    request.metadata = Json{{"a", "b"}};
    request.extras.push_back({"logit_bias", "logit_bias", Json{{"1", 2}}});
    request.extras.push_back({"seed", "seed", Json("x")});
    request.extras.push_back({"verbosity", "text.verbosity", Json("low")});
    request.extras.push_back({"web_search_options", "web_search_options", Json::object()});
    ReplyRules rules;
    Notes notes;
    encode_request(request, {}, rules, notes);
    CHECK(notes.dropped() == std::vector<std::string>{"user", "safety_identifier", "service_tier", "metadata",
                                                      "logit_bias", "seed", "text.verbosity",
                                                      "web_search_options"});
    request.client = Dialect::Messages;
    Notes strict(true);
    encode_request(request, {}, rules, strict);
    REQUIRE(strict.rejection());
    CHECK(strict.rejection()->param == "user");
  }

  TEST_CASE("going on where the model can't is rejected") {
    Request prefill = conversation();
    prefill.messages.push_back(assistant({part(canonical::Text{"{"})}));
    Target target;
    target.can.prefill = false;
    ReplyRules rules;
    Notes notes;
    encode_request(prefill, target, rules, notes);
    REQUIRE(notes.rejection());
    CHECK(notes.rejection()->param == "messages");
  }
}

}  // namespace aigw::protocol::gemini
