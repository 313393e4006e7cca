#include "observe/otlp.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/timestamp.h"

namespace aigw::observe {
namespace {

using nlohmann::json;
using Outcome = Story::Attempt::Outcome;

constexpr Offset kMs{1'000};

Story story() {
  Story story;
  story.id = "req_1";
  story.began = *parse_timestamp("2026-11-21T14:00:00Z");
  story.trace = continue_trace("00-12345678901234567890123456789012-1234567890123456-01", "foo=1");
  story.client = "10.0.0.7";
  story.key = "alice";
  story.path = "/v1/chat/completions";
  story.dialect = Dialect::Chat;
  story.model = "smart";
  story.route = "smart";
  story.strategy = "weighted";
  story.ended = 900 * kMs;
  story.status = 200;
  return story;
}

Story::Attempt attempt(const char* provider, Outcome outcome) {
  Story::Attempt attempt;
  attempt.provider = provider;
  attempt.model = "gpt-x";
  attempt.server = "api.openai.com:443";
  attempt.dialect = Dialect::Chat;
  attempt.outcome = outcome;
  attempt.span = new_span_id();
  return attempt;
}

// The spans of one story.
json spans_of(const Story& story) {
  const std::string text = to_otlp({std::make_shared<const Story>(story)}, {{"service.name", "gw"}});
  return json::parse(text)["resourceSpans"][0]["scopeSpans"][0]["spans"];
}

// `{"name": value}`, numbers as the text that they are in JSON.
json attributes_of(const json& owner) {
  json found = json::object();
  for (const json& attribute : owner.at("attributes")) {
    const std::string key = attribute.at("key");
    CHECK_MESSAGE(!found.contains(key), key);
    REQUIRE(attribute.at("value").size() == 1);
    const auto value = attribute.at("value").begin();
    if (value.key() == "arrayValue") {
      for (const json& one : value->at("values")) found[key].push_back(one.at("stringValue"));
    } else {
      CHECK(value->is_string() == (value.key() == "stringValue" || value.key() == "intValue"));
      found[key] = *value;
    }
  }
  return found;
}

}  // namespace

TEST_SUITE("observe/otlp") {
  TEST_CASE("a request has the form of the specification") {
    const json request = json::parse(to_otlp({std::make_shared<const Story>(story())},
                                             {{"service.name", "gw"}, {"service.version", "1"}}));
    CHECK(request.size() == 1);
    const json& resource_spans = request["resourceSpans"];
    REQUIRE(resource_spans.size() == 1);
    CHECK(resource_spans[0]["resource"] ==
          json::parse(R"({"attributes": [{"key": "service.name", "value": {"stringValue": "gw"}},
                                         {"key": "service.version", "value": {"stringValue": "1"}}]})"));
    REQUIRE(resource_spans[0]["scopeSpans"].size() == 1);
    CHECK(resource_spans[0]["scopeSpans"][0]["scope"] ==
          json{{"name", "ai-gateway"}, {"version", GATEWAY_VERSION}});
    CHECK(resource_spans[0]["scopeSpans"][0]["spans"].size() == 1);
  }

  TEST_CASE("an exchange is a server span within the client's trace") {
    const Story told = story();
    const json span = spans_of(told)[0];
    CHECK(span["traceId"] == "12345678901234567890123456789012");
    CHECK(span["parentSpanId"] == "1234567890123456");
    CHECK(span["spanId"] == to_hex(told.trace.span));
    CHECK(span["traceState"] == "foo=1");
    CHECK(span["flags"] == 1);
    CHECK(span["kind"] == 2);
    CHECK(span["name"] == "POST /v1/chat/completions");
    CHECK(span["startTimeUnixNano"] == "1795269600000000000");
    CHECK(span["endTimeUnixNano"] == "1795269600900000000");
    CHECK_FALSE(span.contains("status"));
    CHECK(attributes_of(span) == json::parse(R"({
      "http.request.method": "POST", "http.route": "/v1/chat/completions", "url.path": "/v1/chat/completions",
      "url.scheme": "http", "client.address": "10.0.0.7", "http.response.status_code": "200",
      "gen_ai.operation.name": "chat", "gen_ai.request.model": "smart",
      "ai_gateway.request_id": "req_1", "ai_gateway.key": "alice", "ai_gateway.dialect": "chat",
      "ai_gateway.route": "smart", "ai_gateway.strategy": "weighted", "ai_gateway.attempts": "0",
      "ai_gateway.overhead_ms": 900.0, "ai_gateway.bytes_in": "0", "ai_gateway.bytes_out": "0"})"));
  }

  TEST_CASE("a trace that begins here has no parent") {
    Story told = story();
    told.trace = continue_trace("", "");
    const json span = spans_of(told)[0];
    CHECK_FALSE(span.contains("parentSpanId"));
    CHECK_FALSE(span.contains("traceState"));
    CHECK(span["traceId"] == to_hex(told.trace.trace));
  }

  TEST_CASE("attempts are client spans under the exchange, and the last has the tokens") {
    Story told = story();
    told.stream = true;
    told.answered = true;
    told.prompt_tokens = 100;
    told.completion_tokens = 20;
    told.cached_tokens = 40;
    told.cost = 1'500'000'000;
    told.attempt_count = 2;
    told.provider = "b";
    Story::Attempt failed = attempt("a", Outcome::Failed);
    failed.server = "::1:8080";
    failed.began = 10 * kMs;
    failed.ended = 60 * kMs;
    failed.status = 503;
    failed.reason = "503 overloaded";
    Story::Attempt good = attempt("b", Outcome::Answered);
    good.dialect = Dialect::Messages;
    good.server = "api.anthropic.com:443";
    good.model = "claude-x";
    good.converted = true;
    good.began = 100 * kMs;
    good.head_at = 250 * kMs;
    good.token_at = 300 * kMs;
    good.ended = 800 * kMs;
    good.status = 200;
    good.dropped = "seed,n";
    told.attempts = {failed, good};
    const json spans = spans_of(told);
    REQUIRE(spans.size() == 3);
    for (const json& span : {spans[1], spans[2]}) {
      CHECK(span["kind"] == 3);
      CHECK(span["traceId"] == spans[0]["traceId"]);
      CHECK(span["parentSpanId"] == spans[0]["spanId"]);
      CHECK(span["flags"] == 1);
    }
    CHECK(spans[1]["spanId"] == to_hex(failed.span));
    CHECK(spans[1]["name"] == "chat gpt-x");
    CHECK(spans[1]["startTimeUnixNano"] == "1795269600010000000");
    CHECK(spans[1]["endTimeUnixNano"] == "1795269600060000000");
    CHECK(spans[1]["status"] == json::parse(R"({"code": 2, "message": "503 overloaded"})"));
    CHECK(attributes_of(spans[1]) == json::parse(R"({
      "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-x",
      "gen_ai.request.stream": true, "http.request.method": "POST", "server.address": "::1", "server.port": "8080",
      "http.response.status_code": "503", "error.type": "503", "ai_gateway.provider": "a", "ai_gateway.dialect": "chat",
      "ai_gateway.converted": false, "ai_gateway.retry": false, "ai_gateway.outcome": "failed"})"));
    CHECK_FALSE(spans[2].contains("status"));
    CHECK(attributes_of(spans[2]) == json::parse(R"({
      "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-x",
      "gen_ai.request.stream": true, "http.request.method": "POST", "server.address": "api.anthropic.com",
      "server.port": "443", "http.response.status_code": "200", "gen_ai.response.time_to_first_chunk": 0.2,
      "gen_ai.usage.input_tokens": "100", "gen_ai.usage.output_tokens": "20",
      "gen_ai.usage.cache_read.input_tokens": "40", "ai_gateway.tokens_estimated": false, "ai_gateway.provider": "b",
      "ai_gateway.dialect": "messages", "ai_gateway.converted": true, "ai_gateway.retry": false,
      "ai_gateway.outcome": "answered", "ai_gateway.head_ms": 150.0, "ai_gateway.dropped": "seed,n"})"));
    const json own = attributes_of(spans[0]);
    CHECK(own["ai_gateway.cost_dollars"] == 1.5);
    CHECK(own["ai_gateway.provider"] == "b");
    CHECK(own["ai_gateway.attempts"] == "2");
    CHECK_FALSE(own.contains("gen_ai.usage.input_tokens"));
  }

  TEST_CASE("failures have a type and a status, as the conventions say") {
    struct Row {
      Outcome outcome;
      int status;
      const char* reason;
      const char* type;  // null: no failure
    };
    for (const Row& row : {Row{Outcome::Answered, 200, "", nullptr}, Row{Outcome::ClientGone, 0, "", nullptr},
                           Row{Outcome::Failed, 429, "429 too many", "429"},
                           Row{Outcome::Failed, 0, "timed out after 60 s", "timeout"},
                           Row{Outcome::Failed, 200, "no first token within 5 s", "timeout"},
                           Row{Outcome::Cut, 200, "silent for 30 s", "timeout"},
                           Row{Outcome::Cut, 200, "connection broke off", "broken_answer"},
                           Row{Outcome::Failed, 200, "unreadable answer", "broken_answer"},
                           Row{Outcome::Failed, 0, "no connection", "no_connection"},
                           Row{Outcome::Failed, 0, "no trusted TLS connection", "tls"},
                           Row{Outcome::Failed, 200, "an empty answer", "_OTHER"},
                           Row{Outcome::Rejected, 0, "audio can't be said in messages", "rejected"}}) {
      CAPTURE(row.reason);
      Story told = story();
      Story::Attempt made = attempt("a", row.outcome);
      made.status = row.status;
      made.reason = row.reason;
      told.attempts = {made};
      const json span = spans_of(told)[1];
      const json attributes = attributes_of(span);
      CHECK(attributes.contains("error.type") == (row.type != nullptr));
      CHECK(span.contains("status") == (row.type != nullptr));
      if (row.type == nullptr) continue;
      CHECK(attributes["error.type"] == row.type);
      CHECK(span["status"] == json{{"code", 2}, {"message", row.reason}});
    }
  }

  TEST_CASE("an exchange fails with what is the gateway's or a provider's fault, not the client's") {
    struct Row {
      int status;
      const char* error;
      const char* type;  // null: no failure
    };
    for (const Row& row : {Row{200, "", nullptr}, Row{404, "no such model", nullptr}, Row{499, "", nullptr},
                           Row{502, "answer broke off", "502"}, Row{503, "draining", "503"},
                           Row{200, "the gateway failed", "_OTHER"}}) {
      CAPTURE(row.status);
      Story told = story();
      told.status = row.status;
      told.error = row.error;
      const json span = spans_of(told)[0];
      const json attributes = attributes_of(span);
      CHECK(attributes["http.response.status_code"] == std::to_string(row.status));
      CHECK(attributes.value("ai_gateway.error", "") == row.error);
      CHECK(attributes.contains("error.type") == (row.type != nullptr));
      CHECK(span.contains("status") == (row.type != nullptr));
      if (row.type == nullptr) continue;
      CHECK(attributes["error.type"] == row.type);
      CHECK(span["status"] == json{{"code", 2}, {"message", row.error}});
    }
  }

  TEST_CASE("what does not go over the network is an internal span without a server") {
    Story told = story();
    Story::Attempt mock = attempt("m", Outcome::Answered);
    mock.server = "";
    Story::Attempt rejected = attempt("r", Outcome::Rejected);
    told.attempts = {mock, rejected};
    const json spans = spans_of(told);
    for (const json& span : {spans[1], spans[2]}) {
      CHECK(span["kind"] == 1);
      CHECK_FALSE(attributes_of(span).contains("server.address"));
    }
    CHECK(attributes_of(spans[1])["gen_ai.provider.name"] == "mock");
  }

  TEST_CASE("choices, pauses and the first token are events in order of time") {
    Story told = story();
    Story::Choice nobody;
    nobody.at = 50 * kMs;
    nobody.why = "nobody is left";
    nobody.skipped = {{"a", "cooling down for 12 s after 429"}, {"b", "5 of 5 requests"}};
    nobody.skipped_more = 3;
    Story::Choice first;
    first.at = 5 * kMs;
    first.provider = "a";
    first.priority = 1;
    first.why = "the only candidate of its tier";
    told.choices = {nobody, first};
    told.pauses = {{Story::Pause::For::Cooldown, 20 * kMs, 45 * kMs}};
    told.first_token_at = 70 * kMs;
    const json events = spans_of(told)[0]["events"];
    REQUIRE(events.size() == 4);
    CHECK(events[0]["name"] == "ai_gateway.choice");
    CHECK(events[0]["timeUnixNano"] == "1795269600005000000");
    CHECK(attributes_of(events[0]) == json::parse(R"({"ai_gateway.provider": "a", "ai_gateway.priority": "1",
                                                     "ai_gateway.why": "the only candidate of its tier"})"));
    CHECK(events[1]["name"] == "ai_gateway.pause");
    CHECK(attributes_of(events[1]) ==
          json::parse(R"({"ai_gateway.pause_for": "cooldown", "ai_gateway.duration_ms": 25.0})"));
    CHECK(attributes_of(events[2]) ==
          json::parse(R"({"ai_gateway.why": "nobody is left", "ai_gateway.skipped_more": "3",
                          "ai_gateway.skipped": ["a: cooling down for 12 s after 429", "b: 5 of 5 requests"]})"));
    CHECK(events[3] == json::parse(R"({"name": "ai_gateway.first_token", "attributes": [],
                                       "timeUnixNano": "1795269600070000000"})"));
  }

  TEST_CASE("operations and routes have few values") {
    struct Row {
      Dialect client;
      const char* path;
      Dialect provider;
      const char* name;
      const char* operation;           // of the exchange
      const char* attempt_operation;
    };
    for (const Row& row :
         {Row{Dialect::Responses, "/v1/responses", Dialect::Gemini, "POST /v1/responses", "chat", "generate_content"},
          Row{Dialect::Completions, "/v1/completions", Dialect::Chat, "POST /v1/completions", "text_completion",
              "chat"},
          Row{Dialect::Embeddings, "/v1/embeddings", Dialect::Gemini, "POST /v1/embeddings", "embeddings",
              "embeddings"},
          Row{Dialect::TokenCount, "/v1/messages/count_tokens", Dialect::Messages, "POST /v1/messages/count_tokens",
              "count_tokens", "count_tokens"},
          Row{Dialect::Plain, "/v1/images/edits", Dialect::Plain, "POST /v1/images/edits", "images_edits",
              "images_edits"},
          Row{Dialect::Chat, "/openai/deployments/any model/chat/completions", Dialect::Chat,
              "POST /openai/deployments/{model}/chat/completions", "chat", "chat"}}) {
      CAPTURE(row.path);
      Story told = story();
      told.dialect = row.client;
      told.path = row.path;
      Story::Attempt made = attempt("a", Outcome::Answered);
      made.dialect = row.provider;
      told.attempts = {made};
      const json spans = spans_of(told);
      CHECK(spans[0]["name"] == row.name);
      CHECK(attributes_of(spans[0])["gen_ai.operation.name"] == row.operation);
      CHECK(spans[1]["name"] == std::string(row.attempt_operation) + " gpt-x");
    }
  }

  TEST_CASE("a provider's name is the vendor's, or that of the form in which it is spoken to") {
    struct Row {
      const char* server;
      Dialect dialect;
      const char* name;
    };
    for (const Row& row : {Row{"api.openai.com:443", Dialect::Responses, "openai"},
                           Row{"me.openai.azure.com:443", Dialect::Chat, "azure.ai.openai"},
                           Row{"generativelanguage.googleapis.com:443", Dialect::Chat, "gcp.gemini"},
                           Row{"europe-west1-aiplatform.googleapis.com:443", Dialect::Gemini, "gcp.vertex_ai"},
                           Row{"bedrock-runtime.us-east-1.amazonaws.com:443", Dialect::Chat, "aws.bedrock"},
                           Row{"api.groq.com:443", Dialect::Chat, "groq"},
                           Row{"localhost:11434", Dialect::Chat, "openai"},
                           Row{"localhost:11434", Dialect::Messages, "anthropic"},
                           Row{"localhost:11434", Dialect::Gemini, "gcp.gemini"}, Row{"", Dialect::Chat, "mock"}}) {
      CAPTURE(row.server);
      CHECK(genai_provider(row.server, row.dialect) == row.name);
    }
  }

  TEST_CASE("nothing that a story may hold makes bad JSON, and no prompt is in it") {
    Story told = story();
    told.model = "\xff\"\\\n\x01";
    told.error = "\xc3";
    told.capture = Story::Capture{"the prompt", "the answer", 10, 10};
    const std::string text = to_otlp({std::make_shared<const Story>(told)}, {{"service.name", "\xff"}});
    CHECK(json::accept(text));
    CHECK(text.find("the prompt") == std::string::npos);
    CHECK(text.find("the answer") == std::string::npos);
    CHECK(json::parse(to_otlp({}, {}))["resourceSpans"][0]["scopeSpans"][0]["spans"] == json::array());
  }
}

}  // namespace aigw::observe
