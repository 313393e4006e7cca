#include "protocol/error_conversion.h"

#include <doctest/doctest.h>

#include "protocol/facts.h"

namespace aigw::protocol {
namespace {

constexpr char kTruncated[] = "upstream_truncated";

// `400 invalid_request_error code | 400 invalid_request_error`: what both families of clients get.
std::string summary(const ErrorForm& form) {
  const std::string code = form.openai.code.empty() ? "-" : form.openai.code;
  return std::to_string(form.status) + " " + form.openai.type + " " + code + " | " +
         std::to_string(form.messages_status) + " " + form.messages_type;
}

std::string body_of(const std::string& members) { return R"({"error":{"message":"m",)" + members + "}}"; }

std::string summary_of(int status, const std::string& body, const config::ConversionSettings& settings = {}) {
  return summary(form_of(status, read_error(status, body), settings));
}

// The data line's text of a frame, with the bytes behind it that a reader may touch.
std::string data_of(const std::string& frame) {
  const std::size_t begin = frame.find("data: ") + 6;
  std::string data = frame.substr(begin, frame.size() - begin - 2);
  data.reserve(data.size() + kPadding);
  return data;
}

}  // namespace

TEST_SUITE("protocol/error_conversion") {

TEST_CASE("a status becomes what the table gives it") {
  struct Row {
    int status;
    const char* want;
  };
  for (const Row& row : {
           Row{400, "400 invalid_request_error - | 400 invalid_request_error"},
           Row{422, "400 invalid_request_error - | 400 invalid_request_error"},
           Row{401, "502 server_error upstream_auth | 502 api_error"},
           Row{403, "502 server_error upstream_auth | 502 api_error"},
           Row{402, "429 insufficient_quota insufficient_quota | 402 billing_error"},
           Row{404, "404 invalid_request_error model_not_found | 404 not_found_error"},
           Row{405, "405 invalid_request_error - | 405 invalid_request_error"},
           Row{408, "504 server_error timeout | 504 timeout_error"},
           Row{409, "409 invalid_request_error - | 409 invalid_request_error"},
           Row{413, "413 invalid_request_error request_too_large | 413 request_too_large"},
           Row{418, "418 invalid_request_error - | 418 invalid_request_error"},
           Row{429, "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{500, "500 server_error - | 500 api_error"},
           Row{501, "502 server_error - | 502 api_error"},
           Row{502, "502 server_error - | 502 api_error"},
           Row{503, "503 server_error overloaded | 529 overloaded_error"},
           Row{529, "503 server_error overloaded | 529 overloaded_error"},
           Row{504, "504 server_error timeout | 504 timeout_error"},
           Row{302, "502 server_error - | 502 api_error"},
       }) {
    CAPTURE(row.status);
    CHECK(summary_of(row.status, R"({"error":{"message":"m"}})") == row.want);
    CHECK(summary_of(row.status, "<h1>It</h1> broke") == row.want);
  }
}

TEST_CASE("without a usable status the words of every dialect count") {
  struct Row {
    const char* body;
    const char* want;
  };
  for (const Row& row : {
           Row{R"({"type":"error","error":{"type":"invalid_request_error","message":"m"}})",
               "400 invalid_request_error - | 400 invalid_request_error"},
           Row{R"({"type":"error","error":{"type":"authentication_error","message":"m"}})",
               "502 server_error upstream_auth | 502 api_error"},
           Row{R"({"type":"error","error":{"type":"billing_error","message":"m"}})",
               "429 insufficient_quota insufficient_quota | 402 billing_error"},
           Row{R"({"type":"error","error":{"type":"permission_error","message":"m"}})",
               "502 server_error upstream_auth | 502 api_error"},
           Row{R"({"type":"error","error":{"type":"not_found_error","message":"m"}})",
               "404 invalid_request_error model_not_found | 404 not_found_error"},
           Row{R"({"type":"error","error":{"type":"request_too_large","message":"m"}})",
               "413 invalid_request_error request_too_large | 413 request_too_large"},
           Row{R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})",
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{R"({"type":"error","error":{"type":"timeout_error","message":"m"}})",
               "504 server_error timeout | 504 timeout_error"},
           Row{R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})",
               "503 server_error overloaded | 529 overloaded_error"},
           Row{R"({"type":"error","error":{"type":"api_error","message":"m"}})",
               "502 server_error - | 502 api_error"},
           Row{R"({"error":{"message":"m","type":"requests","code":null}})",
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{R"({"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}})",
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})",
               "429 insufficient_quota insufficient_quota | 402 billing_error"},
           Row{R"([{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}])",
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{R"({"error":{"code":503,"message":"m","status":"UNAVAILABLE"}})",
               "503 server_error overloaded | 529 overloaded_error"},
           Row{R"({"error":{"message":"m","status":"DEADLINE_EXCEEDED"}})",
               "504 server_error timeout | 504 timeout_error"},
           Row{R"({"error":{"code":500,"message":"m","status":"INTERNAL"}})", "500 server_error - | 500 api_error"},
           Row{R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}})",
               "400 invalid_request_error - | 400 invalid_request_error"},
           Row{R"({"error":{"message":"m","type":"server_error","code":"server_error"}})",
               "502 server_error - | 502 api_error"},
           Row{R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"m"}}})",
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{"gone", "502 server_error - | 502 api_error"},
       }) {
    CAPTURE(row.body);
    CHECK(summary_of(0, row.body) == row.want);
    CHECK(summary_of(200, row.body) == row.want);
  }
}

TEST_CASE("words refine a status where it says little, and only there") {
  struct Row {
    int status;
    const char* members;
    const char* want;
  };
  const char* const quota = "429 insufficient_quota insufficient_quota | 402 billing_error";
  const char* const filter = "400 invalid_request_error content_filter | 400 invalid_request_error";
  for (const Row& row : {
           Row{429, R"("type":"insufficient_quota","code":"insufficient_quota")", quota},
           Row{400, R"("type":"billing_error")", quota},
           Row{403, R"("code":"insufficient_user_quota")", quota},
           Row{400, R"("code":"content_filter","type":null)", filter},
           Row{400, R"("code":"content_policy_violation","type":"invalid_request_error")", filter},
           Row{500, R"("type":"overloaded_error")", "503 server_error overloaded | 529 overloaded_error"},
           Row{500, R"("code":429,"type":"x")", "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{400, R"("code":400,"details":[{"reason":"API_KEY_INVALID"}])",
               "502 server_error upstream_auth | 502 api_error"},
           Row{400, R"("code":"unknown_parameter","type":"invalid_request_error")",
               "400 invalid_request_error unknown_parameter | 400 invalid_request_error"},
           Row{400, R"("code":"invalid_timeout")",
               "400 invalid_request_error invalid_timeout | 400 invalid_request_error"},
           Row{400, R"("code":400,"type":"BadRequestError")",
               "400 invalid_request_error - | 400 invalid_request_error"},
           Row{503, R"("type":"rate_limit_error")", "503 server_error overloaded | 529 overloaded_error"},
           Row{404, R"("code":"invalid_api_key")", "404 invalid_request_error model_not_found | 404 not_found_error"},
       }) {
    CAPTURE(row.status);
    CAPTURE(row.members);
    CHECK(summary_of(row.status, body_of(row.members)) == row.want);
  }
}

TEST_CASE("a client's own key gets its 401 and 403 where the operator says so") {
  config::ConversionSettings settings;
  settings.pass_upstream_auth_errors = true;
  CHECK(summary_of(401, body_of(R"("code":"invalid_api_key")"), settings) ==
        "401 invalid_request_error invalid_api_key | 401 authentication_error");
  CHECK(summary_of(403, body_of(R"("type":"permission_error")"), settings) ==
        "403 permission_error - | 403 permission_error");
}

TEST_CASE("a prompt that is too long is said in each dialect's words") {
  const std::string text =
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 8312 tokens.";
  const std::string body = R"({"error":{"message":")" + text + R"("}})";
  for (const int status : {400, 413, 422, 500, 0}) {
    CAPTURE(status);
    const ErrorForm form = form_of(status, read_error(status, body), {});
    CHECK(summary(form) == "400 invalid_request_error context_length_exceeded | 400 invalid_request_error");
    CHECK(form.openai.message == text);
    CHECK(form.messages_message == "prompt is too long: 8312 tokens > 8192 maximum");
  }
  for (const int status : {401, 429, 503}) {
    CAPTURE(status);
    CHECK(form_of(status, read_error(status, body), {}).messages_message == text);
  }
}

TEST_CASE("the message is the provider's own, masked, and never empty") {
  const ErrorForm form = form_of(401, {401, "Incorrect API key provided: sk-abc123.", "", "invalid_api_key"}, {});
  CHECK(form.openai.message == "Incorrect API key provided: ***.");
  CHECK(form.messages_message == "Incorrect API key provided: ***.");
  CHECK(form_of(503, read_error(503, ""), {}).openai.message == "The provider failed with status 503 and no message.");
}

TEST_CASE("the field that is wrong is named for errors that are the client's, not for others") {
  CHECK(form_of(400, read_error(400, body_of(R"("param":"temperature")")), {}).openai.param == "temperature");
  CHECK(form_of(401, read_error(401, body_of(R"("param":"key")")), {}).openai.param == "");
  CHECK(form_of(500, read_error(500, body_of(R"("param":"x")")), {}).openai.param == "");
}

TEST_CASE("the gateway's own errors keep their status and words") {
  struct Row {
    int status;
    OpenAiError error;
    const char* want;
  };
  for (const Row& row : {
           Row{400, {"m", "invalid_request_error", "n", ""}, "400 invalid_request_error - | 400 invalid_request_error"},
           Row{401,
               {"m", "invalid_request_error", "", "invalid_api_key"},
               "401 invalid_request_error invalid_api_key | 401 authentication_error"},
           Row{403, {"m", "permission_error", "", ""}, "403 permission_error - | 403 permission_error"},
           Row{404,
               {"m", "invalid_request_error", "model", "model_not_found"},
               "404 invalid_request_error model_not_found | 404 not_found_error"},
           Row{408, {"m", "invalid_request_error", "", ""}, "408 invalid_request_error - | 408 invalid_request_error"},
           Row{413,
               {"m", "invalid_request_error", "", "request_too_large"},
               "413 invalid_request_error request_too_large | 413 request_too_large"},
           Row{429,
               {"m", "rate_limit_error", "", "rate_limit_exceeded"},
               "429 rate_limit_error rate_limit_exceeded | 429 rate_limit_error"},
           Row{429,
               {"m", "insufficient_quota", "", "insufficient_quota"},
               "429 insufficient_quota insufficient_quota | 402 billing_error"},
           Row{500, {"m", "server_error", "", ""}, "500 server_error - | 500 api_error"},
           Row{503, {"m", "server_error", "", "draining"}, "503 server_error draining | 529 overloaded_error"},
           Row{504, {"m", "server_error", "", "timeout"}, "504 server_error timeout | 504 timeout_error"},
           Row{502, {"m", "server_error", "", kTruncated}, "502 server_error upstream_truncated | 502 api_error"},
       }) {
    CAPTURE(row.want);
    CHECK(summary(form_of(row.status, row.error)) == row.want);
  }
  CHECK(form_of(400, {"See http://localhost:1 for help.", "invalid_request_error", "", ""}).openai.message ==
        "See http://localhost:1 for help.");
}

TEST_CASE("each client gets its own status and body") {
  const ErrorForm form = form_of(529, {503, "Busy \"now\".", "overloaded_error", ""}, {});
  for (const Dialect client : {Dialect::Chat, Dialect::Completions, Dialect::Embeddings, Dialect::Responses}) {
    CHECK(status_for(client, form) == 503);
    CHECK(error_body(client, form, "req_1") ==
          R"({"error":{"message":"Busy \"now\".","type":"server_error","param":null,"code":"overloaded"}})");
  }
  for (const Dialect client : {Dialect::Messages, Dialect::TokenCount}) {
    CHECK(status_for(client, form) == 529);
    CHECK(error_body(client, form, "req_1") ==
          R"({"type":"error","error":{"type":"overloaded_error","message":"Busy \"now\"."},"request_id":"req_1"})");
    CHECK(error_body(client, form, "") ==
          R"({"type":"error","error":{"type":"overloaded_error","message":"Busy \"now\"."}})");
  }
}

TEST_CASE("a broken stream ends with the dialect's own event") {
  const ErrorForm form = form_of(0, {502, "It \"broke\".", "server_error", kTruncated, "field", {}}, {});
  for (const Dialect client : {Dialect::Chat, Dialect::Completions, Dialect::Plain}) {
    CHECK(error_frame(client, form) ==
          R"(data: {"error":{"message":"It \"broke\".","type":"server_error","param":null,)"
          R"("code":"upstream_truncated"}})"
          "\n\n");
  }
  CHECK(error_frame(Dialect::Messages, form) ==
        "event: error\n"
        R"(data: {"type":"error","error":{"type":"api_error","message":"It \"broke\"."}})"
        "\n\n");
  CHECK(error_frame(Dialect::Responses, form) ==
        "event: response.failed\n"
        R"(data: {"type":"response.failed","sequence_number":0,"response":{"id":"resp_failed","object":"response",)"
        R"("status":"failed","error":{"code":"server_error","message":"It \"broke\"."},"output":[]}})"
        "\n\n");
}

TEST_CASE("an event of Chat names no field") {
  const ErrorForm form = form_of(400, {"Wrong.", "invalid_request_error", "n", "c"});
  CHECK(error_frame(Dialect::Chat, form) ==
        R"(data: {"error":{"message":"Wrong.","type":"invalid_request_error","param":null,"code":"c"}})"
        "\n\n");
}

TEST_CASE("a failed response has one of three codes") {
  struct Row {
    int status;
    const char* code;
  };
  for (const Row& row : {Row{400, "invalid_prompt"}, Row{429, "rate_limit_exceeded"}, Row{402, "rate_limit_exceeded"},
                         Row{500, "server_error"}, Row{503, "server_error"}, Row{504, "server_error"}}) {
    CAPTURE(row.status);
    const ErrorForm form = form_of(row.status, read_error(row.status, "broke"), {});
    CHECK(std::string(responses_code(form)) == row.code);
  }
}

TEST_CASE("a message can't end its event, and bad UTF-8 does not stop it") {
  const ErrorForm form = form_of(502, {"a\n\ndata: [DONE]\xff", "server_error", "", ""});
  for (const Dialect client : {Dialect::Chat, Dialect::Responses, Dialect::Messages}) {
    const std::string frame = error_frame(client, form);
    CHECK(frame.find("\n\n") == frame.size() - 2);
    CHECK(frame.find("\\n\\ndata: [DONE]\xef\xbf\xbd") != std::string::npos);
  }
}

TEST_CASE("a gateway behind this one understands it as an error") {
  const ErrorForm form = form_of(502, {"It broke.", "server_error", "", kTruncated});
  for (const Dialect client : {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Messages}) {
    const EventFacts facts = read_event(client, "", data_of(error_frame(client, form)));
    REQUIRE(facts.error.has_value());
    CHECK(facts.error->message == "It broke.");
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
