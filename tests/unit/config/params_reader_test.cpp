#include "config/params_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {
namespace {

std::string with_params(const std::string& params) { return with_provider("\"params\": " + params); }

}  // namespace

TEST_SUITE("config/params_reader") {

TEST_CASE("values stay as they are written, without variables and comments") {
  const Params got = providers_of(with_params(R"({
      "drop": ["user", "${KEY}"],
      "rename": {"max_tokens": "max_completion_tokens", "a": "${KEY}"},
      "set": {"n": 1.0, "big": 12345678901234567890123, "e": 1E5, "minus": -0, "whole": 18446744073709551615,
              "text": "${KEY} \u00e9\n\"", "no": null, "yes": true,
              "deep": {"b": [1.50, {"a": {}}, []], /* why */ "a": false}},
      "default": {"temperature": 0.70}})")).at(0).params;
  Params want;
  want.drop = {"user", "${KEY}"};
  want.rename = {{"max_tokens", "max_completion_tokens"}, {"a", "${KEY}"}};
  want.set = {{"n", "1.0"}, {"big", "12345678901234567890123"}, {"e", "1E5"}, {"minus", "-0"},
              {"whole", "18446744073709551615"}, {"text", R"("${KEY} é\n\"")"}, {"no", "null"}, {"yes", "true"},
              {"deep", R"({"b":[1.50,{"a":{}},[]],"a":false})"}};
  want.defaults = {{"temperature", "0.70"}};
  CHECK(got == want);
}

TEST_CASE("fields that the gateway writes itself are refused, and so is what makes no sense") {
  struct Row {
    std::string params;
    std::string want;
  };
  const std::string path = "m.providers[0].params";
  const std::string model = "\"model\" can't be adapted; the provider's own \"model\" says what is sent\n";
  const std::string stream =
      "\"stream\" can't be adapted; \"stream_support\" and \"non_stream_support\" say how the provider is asked\n";
  const Row rows[] = {
      {R"({"drop": ["model", "stream"]})", path + ".drop[0]: " + model + path + ".drop[1]: " + stream},
      {R"({"rename": {"model": "a", "b": "stream"}})",
       path + ".rename.model: " + model + path + ".rename.b: " + stream},
      {R"({"set": {"model": 1}})", path + ".set.model: " + model},
      {R"({"default": {"stream": true}})", path + ".default.stream: " + stream},
      {R"({"rename": {"a": "c", "b": "c"}})", path + ".rename.b: already the new name of \"a\"\n"},
      {R"({"rename": {"a": 1}})", path + ".rename.a: expected a string, got a number\n"},
      {R"({"drop": [""]})", path + ".drop[0]: a field's name must not be empty\n"},
      {R"({"drop": "a"})", path + ".drop: expected an array, got a string\n"},
      {R"({"set": ["a"]})", path + ".set: expected an object, got an array\n"},
      {R"({"defaults": {}})", path + ".defaults: unknown field, did you mean \"default\"?\n"},
      {R"({"set": {"a": 1, "a": 2}})", path + ".set.a: this field is written twice\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.params);
    CHECK(problems_of(with_params(row.params)) == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
