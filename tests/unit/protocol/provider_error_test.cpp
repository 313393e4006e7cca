#include "protocol/provider_error.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::protocol {

TEST_SUITE("protocol/provider_error") {
  TEST_CASE("every shape of an error is read") {
    struct Row {
      const char* body;
      const char* message;
      const char* type;
      const char* code;
    };
    for (const Row& row : {
             Row{R"({"error":{"message":"m","type":"t","param":null,"code":"c"}})", "m", "t", "c"},
             Row{R"({"error":{"message":"m","type":null,"code":429}})", "m", "", "429"},
             Row{R"({"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"})", "m",
                 "overloaded_error", ""},
             Row{R"([{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}])", "m", "RESOURCE_EXHAUSTED",
                 "429"},
             Row{R"({"error":"text"})", "text", "", ""},
             Row{R"({"error":"text","status":503})", "text", "503", ""},
             Row{R"({"object":"error","message":"m","type":"BadRequestError","param":null,"code":400})", "m",
                 "BadRequestError", "400"},
             Row{R"({"detail":"Not Found"})", "Not Found", "", ""},
             Row{R"({"detail":"first","message":"second"})", "first", "", ""},
             Row{R"({"object":"error","message":"m","detail":"d","code":null})", "m", "", ""},
             Row{R"({"detail":null,"message":"m"})", "m", "", ""},
             Row{R"({"type":"response.failed","response":{"status":"failed","error":{"code":"c","message":"m"}}})", "m",
                 "", "c"},
             Row{R"({"type":"error","code":"c","message":"m","param":null,"sequence_number":3})", "m", "", "c"},
             Row{R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[)"
                 R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
                 "m", "INVALID_ARGUMENT", "API_KEY_INVALID"},
             Row{R"({"detail":[{"loc":["body","n"],"msg":"bad"}]})", R"([{"loc":["body","n"],"msg":"bad"}])", "", ""},
             Row{R"({"message":"m","code":"c"})", "m", "", "c"},
             Row{R"("just text")", "just text", "", ""},
             Row{R"({"unknown":1})", R"({"unknown":1})", "", ""},
             Row{R"({"error":{}})", R"({"error":{}})", "", ""},
             Row{"[]", "[]", "", ""},
             Row{"Bad Gateway\n", "Bad Gateway", "", ""},
             Row{"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\n<h1>nginx</h1></body>",
                 "502 Bad Gateway nginx", "", ""},
             Row{"4 < 5 and 6 > 5", "4 < 5 and 6 > 5", "", ""},
             Row{"", "", "", ""},
             Row{R"({"error":{"message":"<think> stays"}})", "<think> stays", "", ""},
         }) {
      CAPTURE(row.body);
      const ProviderError error = read_error(500, row.body);
      CHECK(error.status == 500);
      CHECK(error.message == row.message);
      CHECK(error.type == row.type);
      CHECK(error.code == row.code);
    }
  }

  TEST_CASE("the words of the body refine only a status that says nothing") {
    const std::string body = R"({"error":{"message":"m","type":"rate_limit_error"}})";
    CHECK(read_error(0, body).status == 429);
    CHECK(read_error(200, body).status == 429);
    CHECK(read_error(400, body).status == 400);
    CHECK(read_error(503, body).status == 503);
    CHECK(read_error(0, "{}").status == 502);
  }

  TEST_CASE("the code is asked before the type") {
    CHECK(
        read_error(0, R"({"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}})").status ==
        401);
    CHECK(read_error(0, R"({"error":{"message":"m","type":"requests","code":null}})").status == 429);
    CHECK(read_error(0, R"({"error":{"message":"m","type":"rate_limit_error","code":"1302"}})").status == 429);
  }

  TEST_CASE("words mean the status that the table gives them") {
    struct Row {
      const char* word;
      int status;
    };
    for (const Row& row : {Row{"rate_limit_error", 429},
                           Row{"rate_limit_exceeded", 429},
                           Row{"RateLimitError", 429},
                           Row{"requests", 429},
                           Row{"tokens", 429},
                           Row{"insufficient_quota", 429},
                           Row{"billing_error", 429},
                           Row{"RESOURCE_EXHAUSTED", 429},
                           Row{"exceeded_current_quota_error", 429},
                           Row{"Throttling.RateQuota", 429},
                           Row{"overloaded_error", 503},
                           Row{"UNAVAILABLE", 503},
                           Row{"engine_overloaded_error", 503},
                           Row{"DEADLINE_EXCEEDED", 504},
                           Row{"timeout", 504},
                           Row{"authentication_error", 401},
                           Row{"invalid_api_key", 401},
                           Row{"UNAUTHENTICATED", 401},
                           Row{"unauthorized", 401},
                           Row{"permission_error", 403},
                           Row{"PERMISSION_DENIED", 403},
                           Row{"not_found_error", 404},
                           Row{"model_not_found", 404},
                           Row{"request_too_large", 413},
                           Row{"invalid_request_error", 400},
                           Row{"INVALID_ARGUMENT", 400},
                           Row{"BadRequestError", 400},
                           Row{"context_length_exceeded", 400},
                           Row{"content_filter", 400},
                           Row{"invalid_prompt", 400},
                           Row{"image_too_large", 400},
                           Row{"exceed_context_size_error", 400},
                           Row{"OUT_OF_RANGE", 400},
                           Row{"ALREADY_EXISTS", 409},
                           Row{"timeout_error", 504},
                           Row{"slow_down", 503},
                           Row{"server_error", 0},
                           Row{"api_error", 0},
                           Row{"INTERNAL", 0},
                           Row{"", 0},
                           Row{"429", 429},
                           Row{"529", 529},
                           Row{"200", 0},
                           Row{"1302", 0}}) {
      CAPTURE(row.word);
      CHECK(status_of_word(row.word) == row.status);
    }
  }

  TEST_CASE("of plain text the first 300 characters are kept, of a JSON message 4 KiB") {
    const auto times = [](int count, const std::string& text) {
      std::string all;
      for (int i = 0; i < count; ++i) all += text;
      return all;
    };
    CHECK(read_error(500, times(400, "é")).message == times(300, "é"));
    CHECK(read_error(500, "[" + times(400, "1,") + "1]").message == "[" + times(149, "1,") + "1");
    CHECK(read_error(500, std::string(2'000'000, '[')).message == std::string(300, '['));
    CHECK(read_error(500, R"({"error":{"message":")" + times(400, "é") + R"("}})").message == times(400, "é"));
    const std::string cut = read_error(500, R"({"error":{"message":"a)" + times(4000, "é") + R"("}})").message;
    CHECK(cut == "a" + times(2046, "é") + "…");
  }

  TEST_CASE("Google's delay and the field that is wrong are read") {
    const ProviderError limited = read_error(
        429, R"([{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[)"
             R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure"},5,)"
             R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}])");
    CHECK(limited.retry_after == Millis(34'400));
    CHECK(limited.code == "429");
    for (const char* details : {"{}", "[]", R"([{"retryDelay":"soon"}])", R"([{"retryDelay":"-1s"}])", "null"}) {
      CAPTURE(details);
      CHECK_FALSE(read_error(429, R"({"error":{"message":"m","details":)" + std::string(details) + "}}").retry_after);
    }
    CHECK(read_error(400, R"({"error":{"message":"m","param":"messages[0].content"}})").param == "messages[0].content");
    CHECK(read_error(400, R"({"error":{"message":"m","param":null}})").param == "");
  }
}

}  // namespace aigw::protocol
