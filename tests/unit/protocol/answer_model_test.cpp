#include "protocol/answer_model.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::protocol {

TEST_SUITE("protocol/answer_model") {

TEST_CASE("the model is renamed where an answer or an event names it, and nothing else changes") {
  struct Case {
    const char* text;
    const char* expected;  // empty: no model is named there
  };
  for (const Case& c : {
           Case{R"({"id":"1", "model" : "up\"x", "n":1.0})", R"({"id":"1", "model" : "alias", "n":1.0})"},
           Case{R"({"type":"message_start","message":{"model":"up","usage":{}}})",
                R"({"type":"message_start","message":{"model":"alias","usage":{}}})"},
           Case{R"({"response":{"output":[{"model":"kept"}],"model":"up"}})",
                R"({"response":{"output":[{"model":"kept"}],"model":"alias"}})"},
           Case{R"({"choices":[{"model":"kept"}],"delta":{"model":"kept"}})", ""},
           Case{R"({"message":{"response":{"model":"kept"}}})", ""},
           Case{R"({"model":7})", ""},
           Case{R"({"model":"up")", ""},
           Case{"[DONE]", ""},
       }) {
    CAPTURE(c.text);
    std::string text = c.text;
    CHECK(rename_model(text, "alias") == (*c.expected != '\0'));
    CHECK(text == (*c.expected != '\0' ? c.expected : c.text));
  }
}

TEST_CASE("an event's frame is written anew on one line, and only where it names a model") {
  CHECK(renamed_frame("", "{\"model\":\n\"up\"}", "alias") == "data: {\"model\": \"alias\"}\n\n");
  CHECK(renamed_frame("message_start", R"({"message":{"model":"up"}})", "alias") ==
        "event: message_start\ndata: {\"message\":{\"model\":\"alias\"}}\n\n");
  CHECK(renamed_frame("ping", R"({"type":"ping"})", "alias").empty());
}

}  // TEST_SUITE

}  // namespace aigw::protocol
