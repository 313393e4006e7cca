#include "gateway/errors.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw::gateway {

TEST_SUITE("gateway/errors") {

TEST_CASE("every kind of error has its status, type and code") {
  struct Row {
    std::string name;
    ErrorKind kind;
    int status;
    std::string type;
    std::string code;
  };
  const Row rows[] = {
      {"BadRequest", ErrorKind::BadRequest, 400, "invalid_request_error", ""},
      {"Invalid", ErrorKind::Invalid, 400, "invalid_request_error", ""},
      {"NotFound", ErrorKind::NotFound, 404, "invalid_request_error", ""},
      {"TimedOut", ErrorKind::TimedOut, 408, "invalid_request_error", ""},
      {"TooLarge", ErrorKind::TooLarge, 413, "invalid_request_error", "request_too_large"},
      {"Io", ErrorKind::Io, 500, "server_error", ""},
      {"ClientGone", ErrorKind::ClientGone, 500, "server_error", ""},
      {"Refused", ErrorKind::Refused, 502, "server_error", ""},
      {"Broken", ErrorKind::Broken, 502, "server_error", ""},
      {"Garbled", ErrorKind::Garbled, 502, "server_error", ""},
      {"TlsFailed", ErrorKind::TlsFailed, 502, "server_error", ""},
      {"Unavailable", ErrorKind::Unavailable, 503, "server_error", "overloaded"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Refusal refusal = refuse(Error{row.kind, "what happened"});
    CHECK(refusal.status == row.status);
    CHECK(refusal.error.message == "what happened");
    CHECK(refusal.error.type == row.type);
    CHECK(refusal.error.code == row.code);
    CHECK_FALSE(refusal.retry_after);
  }
}

TEST_CASE("a status has its type and code, unless a code is given") {
  struct Row {
    int status;
    std::string type;
    std::string code;
  };
  for (const Row& row : {Row{400, "invalid_request_error", ""}, Row{401, "invalid_request_error", "invalid_api_key"},
                         Row{403, "permission_error", ""}, Row{404, "invalid_request_error", ""},
                         Row{429, "rate_limit_error", "rate_limit_exceeded"}, Row{500, "server_error", ""},
                         Row{502, "server_error", ""}, Row{503, "server_error", "overloaded"},
                         Row{504, "server_error", "timeout"}}) {
    CAPTURE(row.status);
    CHECK(refuse(row.status, "m").error.type == row.type);
    CHECK(refuse(row.status, "m").error.code == row.code);
    CHECK(refuse(row.status, "m", "own_code").error.code == "own_code");
  }
}

TEST_CASE("a refusal is answered in OpenAI's form") {
  const http::Reply reply = to_reply(refuse(404, "No \"such\" model.", "model_not_found", "model"));
  CHECK(reply.status == 404);
  CHECK(reply.headers.get("Content-Type") == "application/json");
  CHECK_FALSE(reply.headers.has("Retry-After"));
  CHECK(reply.body == R"({"error":{"message":"No \"such\" model.","type":"invalid_request_error","param":"model",)"
                      R"("code":"model_not_found"}})" "\n");
  CHECK(to_reply(refuse(500, "m")).body == R"({"error":{"message":"m","type":"server_error","param":null,"code":null}})" "\n");
}

TEST_CASE("Retry-After is in whole seconds, rounded up, at least one") {
  struct Row {
    Millis wait;
    std::string want;
  };
  for (const Row& row : {Row{Millis{0}, "1"}, Row{Millis{-5}, "1"}, Row{Millis{1}, "1"}, Row{Millis{1'000}, "1"},
                         Row{Millis{1'001}, "2"}, Row{Millis{3'600'000}, "3600"}}) {
    CAPTURE(row.want);
    Refusal refusal = refuse(429, "m");
    refusal.retry_after = row.wait;
    CHECK(to_reply(refusal).headers.get("Retry-After") == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
