#include "config/capabilities_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/catalogue.h"
#include "config/loading.h"

namespace aigw::config {
namespace {

Capabilities capabilities_from(const std::string& fields) {
  return providers_of(with_provider("\"capabilities\": {" + fields + "}")).at(0).capabilities;
}

}  // namespace

TEST_SUITE("config/capabilities_reader") {

TEST_CASE("every capability is read") {
  const Capabilities got = capabilities_from(R"(
      "max_output_tokens": 8192, "thinking": "adaptive", "effort_levels": ["minimal", "max"],
      "structured_outputs": true, "rejects_sampling": true, "temp_xor_top_p": false, "mid_system": true,
      "prefill": false, "max_tokens_field": "max_completion_tokens", "reasoning_model": true,
      "reasoning_replay": true, "tool_strict": true, "vision": false, "documents": true, "audio_in": true,
      "system_parts": false, "json_with_tools": true, "json_schema_tools": true, "needs_thought_signature": true,
      "usage_in_stream": false, "takes_top_k": true, "takes_cache_control": true, "cache_breakpoints": true,
      "custom_tools": false, "is_openai": true, "system_role": "developer")");
  Capabilities want;
  want.max_output_tokens = 8192;
  want.thinking = ThinkingForm::Adaptive;
  want.effort_levels = {"minimal", "max"};
  want.structured_outputs = true;
  want.rejects_sampling = true;
  want.temp_xor_top_p = false;
  want.mid_system = true;
  want.prefill = false;
  want.max_tokens_field = "max_completion_tokens";
  want.reasoning_model = true;
  want.reasoning_replay = true;
  want.tool_strict = true;
  want.vision = false;
  want.documents = true;
  want.audio_in = true;
  want.system_parts = false;
  want.json_with_tools = true;
  want.json_schema_tools = true;
  want.needs_thought_signature = true;
  want.usage_in_stream = false;
  want.takes_top_k = true;
  want.takes_cache_control = true;
  want.cache_breakpoints = true;
  want.custom_tools = false;
  want.is_openai = true;
  want.system_role = "developer";
  CHECK(got == want);
}

TEST_CASE("each capability is read alone, under its own name") {
  for (const Field<Capabilities>& field : capability_fields()) {
    const std::string name = field.name;
    CAPTURE(name);
    int accepted = 0;
    for (const char* text : {"true", "false", "5", "\"budget\"", "\"max_completion_tokens\"", "\"developer\"",
                             "[\"high\"]"}) {
      const Loaded result =
          load_text(with_provider("\"capabilities\": {\"" + name + "\": " + text + "}"), kNoVariables);
      if (!result.problems.empty()) continue;
      ++accepted;
      const Provider& provider = result.config->routes[0].providers[0];
      CHECK(provider.own_capabilities == std::set<std::string>{name});
      const Capabilities known = known_capabilities(provider.type, provider.endpoint, provider.model);
      CHECK(overlay(known, provider.capabilities, {name}) == provider.capabilities);
      CHECK(overlay(known, provider.capabilities, {}) == known);
    }
    CHECK(accepted > 0);
  }
}

TEST_CASE("what is no capability is refused") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::string path = "m.providers[0].capabilities";
  const Row rows[] = {
      {R"([])", path + ": expected an object, got an array\n"},
      {R"({"visoin": true})", path + ".visoin: unknown field, did you mean \"vision\"?\n"},
      {R"({"thinking": "adaptiv"})",
       path + ".thinking: unknown form of thinking \"adaptiv\", did you mean \"adaptive\"?\n"},
      {R"({"effort_levels": ["hihg", 1]})",
       path + ".effort_levels[0]: unknown effort \"hihg\", did you mean \"high\"?\n" + path +
           ".effort_levels[1]: expected a string, got a number\n"},
      {R"({"effort_levels": []})",
       path + ".effort_levels: at least one level is required; a model without has \"thinking\": \"none\"\n"},
      {R"({"max_output_tokens": 0})",
       path + ".max_output_tokens: expected a whole number of at least 1, got 0\n"},
      {R"({"vision": null})", path + ".vision: expected true or false, got null\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_provider("\"capabilities\": " + row.text)) == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
