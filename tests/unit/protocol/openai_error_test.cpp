#include "protocol/openai_error.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace aigw::protocol {
namespace {

OpenAiError with_message(std::string message) {
  OpenAiError error;
  error.message = std::move(message);
  return error;
}

}  // namespace

TEST_SUITE("protocol/openai_error") {
  TEST_CASE("empty members become null") {
    CHECK(to_json({"no such model", "invalid_request_error", "model", "model_not_found"}) ==
          R"({"error":{"message":"no such model","type":"invalid_request_error","param":"model",)"
          R"("code":"model_not_found"}})");
    CHECK(to_json(with_message("m")) ==
          R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})");
  }

  TEST_CASE("a message of any bytes makes valid JSON") {
    CHECK(to_json(with_message("a\"\n\xFF")) ==
          "{\"error\":{\"message\":\"a\\\"\\n\xEF\xBF\xBD\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":"
          "null}}");
  }

  TEST_CASE("as an event it is one frame") {
    CHECK(to_event(with_message("a\nb")) ==
          "data: "
          "{\"error\":{\"message\":\"a\\nb\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}\n\n");
  }
}

}  // namespace aigw::protocol
