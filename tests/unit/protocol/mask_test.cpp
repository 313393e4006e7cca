#include "protocol/mask.h"

#include <doctest/doctest.h>

namespace aigw::protocol {

TEST_SUITE("protocol/mask") {

TEST_CASE("credentials are masked, whatever stands around them") {
  struct Row {
    const char* message;
    const char* want;
  };
  for (const Row& row : {
           Row{"Incorrect API key provided: sk-proj-abc123. You can find it.",
               "Incorrect API key provided: ***. You can find it."},
           Row{"Incorrect API key provided: sk-ab****************wxyz.", "Incorrect API key provided: ***."},
           Row{"Incorrect API key provided: my-secret.", "Incorrect API key provided: ***."},
           Row{"key 'sk-ant-api03-AbC_d-1' is revoked", "key '***' is revoked"},
           Row{"(AIzaSyA1234567890abcdefghijklmnopqrstu)", "(***)"},
           Row{"Authorization: Bearer abc.def-1234", "Authorization: Bearer ***"},
           Row{R"({"x-api-key": "abcd1234efgh"})", R"({"x-api-key": "***"})"},
           Row{"x-api-key: abcd1234efgh rejected", "x-api-key: *** rejected"},
           Row{"api_key=abc, retry", "api_key=***, retry"},
           Row{"token eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0.sig-x expired", "token *** expired"},
           Row{"key 0123456789abcdef0123456789abcdef", "key ***"},
           Row{"password=hunter2", "password=***"},
       }) {
    CAPTURE(row.message);
    CHECK(masked(row.message) == row.want);
  }
}

TEST_CASE("credentials are masked in texts that JSON has escaped") {
  struct Row {
    const char* message;
    const char* want;
  };
  for (const Row& row : {
           Row{R"(first\\nsk-ant-api03-AbC_d-1\\nlast)", R"(first\\n***\\nlast)"},
           Row{R"(first\nsk-ant-api03-AbC_d-1\nlast)", R"(first\n***\nlast)"},
           Row{R"("\tgsk_0123456789\r\n")", R"("\t***\r\n")"},
           Row{R"({\"api_key\": \"abcd1234efgh\"})", R"({\"api_key\": \"***\"})"},
           Row{R"({\\\"api_key\\\": \\\"abcd1234efgh\\\"})", R"({\\\"api_key\\\": \\\"***\\\"})"},
           Row{R"({\u0022token\u0022:\u0022abcd1234efgh\u0022})", R"({\u0022token\u0022:\u0022***\u0022})"},
           Row{R"(password = \"abcd1234\")", R"(password = \"***\")"},
           Row{R"(\u003ckey\u003e \u000Ask-abcdef)", R"(\u003ckey\u003e \u000A***)"},
           Row{R"(at http://10.0.0.5/v1\nok)", R"(at ***\nok)"},
       }) {
    CAPTURE(row.message);
    CHECK(masked(row.message) == row.want);
  }
  for (const char* plain : {R"(C:\new\table\users)", R"(C:\\new\\table)", R"(\\)", R"(\)", R"(a\)", R"(\u00)",
                            R"(\u0041bc \u1234)", R"(\d+\w*\\)", R"(ends in \n)"}) {
    CAPTURE(plain);
    CHECK(masked(plain) == plain);
  }
  const std::string slashes(100'000, '\\');
  CHECK(masked(slashes) == slashes);
  CHECK(masked("x" + slashes + "nsk-abcdef") == "x" + slashes + "n***");
}

TEST_CASE("internal URLs and hosts are masked, public ones stay") {
  struct Row {
    const char* message;
    const char* want;
  };
  for (const Row& row : {
           Row{"connect to http://10.0.0.5:8000/v1/chat failed", "connect to *** failed"},
           Row{"connect to http://vllm:8000/v1.", "connect to ***."},
           Row{"url=https://llm.corp.internal/v1", "url=***"},
           Row{"at http://[::1]:8080/x, port 5", "at ***, port 5"},
           Row{"dial tcp 127.0.0.1:11434: refused", "dial tcp ***: refused"},
           Row{"dial tcp [::1]:80: refused", "dial tcp [***]:80: refused"},
           Row{"lookup vllm-0.models.svc.cluster.local failed", "lookup *** failed"},
           Row{"lookup vllm-0.models.svc failed", "lookup *** failed"},
           Row{"lookup gpu1:8000/health", "lookup ***"},
           Row{"localhost is down", "*** is down"},
           Row{"HTTPConnectionPool(host='vllm', port=8000)", "HTTPConnectionPool(host='***', port=8000)"},
           Row{"See https://platform.openai.com/api-keys.", "See https://platform.openai.com/api-keys."},
           Row{"https://me:pass@example.com/a?key=abc&x=1", "https://***@example.com/a?key=***&x=1"},
           Row{"https://example.com/sk-abcdef/x", "https://example.com/***/x"},
       }) {
    CAPTURE(row.message);
    CHECK(masked(row.message) == row.want);
  }
}

TEST_CASE("what a client needs to mend its request stays") {
  for (const char* message :
       {"", " ", "The model `gpt-4o-2024-08-06` does not exist.", "messages.1.content.0: Input should be a string",
        "Unknown key: max_completion_tokens", "Invalid 'tools[0].function.name': string does not match pattern.",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 8312 tokens.",
        "prompt is too long: 208310 tokens > 200000 maximum", "max_tokens:8192 is too large at 12:30:45",
        "tool_use ids without tool_result: toolu_01A09q90qw90lq917835lq9", "Bearer authentication is missing.",
        "api_key: Field required", "URL must start with http:// or https://", "qwen2.5:7b, gpt-oss:20b, 1.2.3, e.g. 5",
        "request 123e4567-e89b-12d3-a456-426614174000", "task-1234 and disk-usage", "Grüße — ✓ \xff"}) {
    CAPTURE(message);
    CHECK(masked(message) == message);
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
