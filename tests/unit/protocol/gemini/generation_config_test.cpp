#include "protocol/gemini/generation_config.h"

#include <doctest/doctest.h>

#include "protocol/gemini/requests.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Notes;
using canonical::OutputFormat;
using canonical::Request;
using config::ThinkingForm;

Json config_of(Request request, const Target& target = {}) {
  Notes notes;
  Json config = generation_config(request, target, notes);
  CHECK_FALSE(notes.rejection());
  CHECK(notes.dropped().empty());
  return config;
}

Request with_extra(const char* name, const Json& value) {
  Request request;
  request.extras.push_back({name, name, value});
  return request;
}

OutputFormat schema_form() {
  OutputFormat format;
  format.kind = OutputFormat::Kind::JsonSchema;
  format.schema = tree(R"({"type":"object","properties":{"a":{"const":"x"}}})");
  return format;
}

Target thinking(ThinkingForm form, std::vector<std::string> levels = {"low", "medium", "high"}) {
  Target target;
  target.can.thinking = form;
  target.can.effort_levels = std::move(levels);
  return target;
}

}  // namespace

TEST_SUITE("protocol/gemini/generation_config") {
  TEST_CASE("nothing asked is nothing sent") { CHECK(config_of({}) == Json::object()); }

  TEST_CASE("limits and sampling") {
    Request request;
    request.n = 2;
    request.max_tokens = 9000;
    request.temperature = tree("1.0");
    request.top_p = tree("0.95");
    request.top_k = tree("40");
    request.stop = {"a", "b"};
    CHECK(config_of(request).dump() ==
          R"({"candidateCount":2,"stopSequences":["a","b"],"maxOutputTokens":9000,)"
          R"("temperature":1.0,"topP":0.95,"topK":40})");
    Target target;
    target.can.max_output_tokens = 8192;
    target.can.rejects_sampling = true;
    Notes notes;
    const Json config = generation_config(request, target, notes);
    CHECK(config == tree(R"({"candidateCount":2,"stopSequences":["a","b"],"maxOutputTokens":8192})"));
    CHECK(notes.dropped() == std::vector<std::string>{"temperature", "top_p", "top_k"});
  }

  TEST_CASE("five sequences stop an answer, and eight answers are the most") {
    Request request;
    request.stop = {"1", "2", "3", "4", "5", "6"};
    request.n = 9;
    Notes notes;
    CHECK(generation_config(request, {}, notes)["stopSequences"] == tree(R"(["1","2","3","4","5"])"));
    CHECK(notes.dropped() == std::vector<std::string>{"stop"});
    REQUIRE(notes.rejection());
    CHECK(notes.rejection()->param == "n");
  }

  TEST_CASE("fields that only some dialects have") {
    struct Row {
      const char* name;
      const char* value;
      const char* want;
    };
    const Row rows[] = {
        {"seed", "7", R"({"seed":7})"},
        {"seed", "4294967297", R"({"seed":1})"},
        {"seed", "18446744073709551615", R"({"seed":2147483647})"},
        {"seed", "-1", R"({"seed":2147483647})"},
        {"presence_penalty", "0.5", R"({"presencePenalty":0.5})"},
        {"frequency_penalty", "-1", R"({"frequencyPenalty":-1})"},
        {"logprobs", "true", R"({"responseLogprobs":true})"},
        {"logprobs", "false", "{}"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CAPTURE(row.value);
      Request request = with_extra(row.name, tree(row.value));
      Notes notes;
      CHECK(generation_config(request, {}, notes) == tree(row.want));
      CHECK(request.extras.empty());
    }
    Request request = with_extra("logprobs", true);
    request.extras.push_back({"top_logprobs", "top_logprobs", Json(3)});
    CHECK(config_of(request) == tree(R"({"responseLogprobs":true,"logprobs":3})"));
  }

  TEST_CASE("fields of a wrong type are left for others to drop") {
    for (const char* name : {"seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs"}) {
      for (const char* value : {"\"x\"", "[]", "{}", "1.5e300"}) {
        CAPTURE(name);
        CAPTURE(value);
        Request request = with_extra(name, tree(value));
        Notes notes;
        const Json config = generation_config(request, {}, notes);
        CHECK(config.size() + request.extras.size() == 1);
      }
    }
  }

  TEST_CASE("JSON mode, by the schema that the model takes") {
    Request request;
    request.format = OutputFormat{};
    CHECK(config_of(request) == tree(R"({"responseMimeType":"application/json"})"));
    request.format = schema_form();
    CHECK(config_of(request) == tree(R"({"responseMimeType":"application/json","responseSchema":
      {"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}})"));
    Target target;
    target.can.json_schema_tools = true;
    CHECK(config_of(request, target) == tree(R"({"responseMimeType":"application/json","responseJsonSchema":
      {"type":"object","properties":{"a":{"const":"x"}}}})"));
  }

  TEST_CASE("JSON mode beside tools is asked for in words, unless the model takes both") {
    Request request;
    request.format = schema_form();
    request.tools = {function("f")};
    CHECK(asks_for_form_in_words(request, {}));
    CHECK(config_of(request) == Json::object());
    CHECK(form_in_words(*request.format).find(R"({"a":{"const":"x"}})") != std::string::npos);
    Target target;
    target.can.json_with_tools = true;
    CHECK_FALSE(asks_for_form_in_words(request, target));
    CHECK(config_of(request, target).contains("responseSchema"));
  }

  TEST_CASE("effort becomes tokens or a level") {
    struct Row {
      const char* effort;
      std::int64_t tokens;
      const char* level;
      const char* level_of_four;
    };
    const Row rows[] = {
        {"minimal", 512, "LOW", "MINIMAL"}, {"low", 1024, "LOW", "LOW"},      {"medium", 8192, "MEDIUM", "MEDIUM"},
        {"high", 24576, "HIGH", "HIGH"},    {"xhigh", 24576, "HIGH", "HIGH"}, {"max", 32768, "HIGH", "HIGH"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.effort);
      Request request;
      request.reasoning.effort = row.effort;
      CHECK(config_of(request, thinking(ThinkingForm::Budget))["thinkingConfig"] ==
            Json{{"thinkingBudget", row.tokens}, {"includeThoughts", true}});
      CHECK(config_of(request, thinking(ThinkingForm::Level))["thinkingConfig"] ==
            Json{{"thinkingLevel", row.level}, {"includeThoughts", true}});
      CHECK(config_of(request, thinking(ThinkingForm::Level, {"minimal", "low", "medium", "high"}))["thinkingConfig"] ==
            Json{{"thinkingLevel", row.level_of_four}, {"includeThoughts", true}});
    }
  }

  TEST_CASE("thinking that is off shows no thoughts") {
    Request by_effort;
    by_effort.reasoning.effort = "none";
    Request by_flag;
    by_flag.reasoning.disabled = true;
    for (const Request& request : {by_effort, by_flag}) {
      CHECK(config_of(request, thinking(ThinkingForm::Budget)) == tree(R"({"thinkingConfig":{"thinkingBudget":0}})"));
      CHECK(config_of(request, thinking(ThinkingForm::Level)) == tree(R"({"thinkingConfig":{"thinkingLevel":"LOW"}})"));
    }
    CHECK(config_of(by_flag) == Json::object());
    CHECK(config_of({}, thinking(ThinkingForm::Budget)) == Json::object());
  }

  TEST_CASE("a Messages client's budget is tokens here, too, and a level by its steps") {
    Request request;
    request.client = Dialect::Messages;
    request.reasoning.budget = 10000;
    CHECK(config_of(request, thinking(ThinkingForm::Budget)) ==
          tree(R"({"thinkingConfig":{"thinkingBudget":10000,"includeThoughts":true}})"));
    CHECK(config_of(request, thinking(ThinkingForm::Level)) ==
          tree(R"({"thinkingConfig":{"thinkingLevel":"MEDIUM","includeThoughts":true}})"));
    request.reasoning.budget = 60000;
    CHECK(config_of(request, thinking(ThinkingForm::Budget))["thinkingConfig"]["thinkingBudget"] == 32768);
    request.reasoning = {};
    request.reasoning.adaptive = true;
    CHECK(config_of(request, thinking(ThinkingForm::Budget)) == tree(R"({"thinkingConfig":{"includeThoughts":true}})"));
  }

  TEST_CASE("a model that can't think drops the wish, and so does an unknown word") {
    struct Row {
      Dialect client;
      const char* effort;
      ThinkingForm form;
      const char* want;
    };
    const Row rows[] = {
        {Dialect::Chat, "high", ThinkingForm::None, "reasoning_effort"},
        {Dialect::Responses, "high", ThinkingForm::None, "reasoning.effort"},
        {Dialect::Messages, "high", ThinkingForm::None, "output_config.effort"},
        {Dialect::Messages, "", ThinkingForm::None, "thinking"},
        {Dialect::Chat, "enormous", ThinkingForm::Budget, "reasoning_effort"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.want);
      Request request;
      request.client = row.client;
      request.reasoning.effort = row.effort;
      if (request.reasoning.effort.empty()) request.reasoning.budget = 2000;
      Notes notes;
      CHECK(generation_config(request, thinking(row.form), notes) == Json::object());
      CHECK(notes.dropped() == std::vector<std::string>{row.want});
    }
  }
}

}  // namespace aigw::protocol::gemini
