#include "config/route_reader.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/catalogue.h"
#include "config/loading.h"
#include "config/temporary_folder.h"

namespace aigw::config {
namespace {

struct Row {
  std::string text;
  std::string want;
};

std::string with_entry(const std::string& entry) { return R"({"m": {"providers": [)" + entry + "]}}"; }

QuotaWindow requests(std::int64_t count, const std::string& cron) { return {count, std::nullopt, cron, ""}; }

}  // namespace

TEST_SUITE("config/route_reader") {

TEST_CASE("every field of a provider is read") {
  const std::vector<Provider> providers = providers_of(with_entry(R"({
      "name": "p", "endpoint": "HTTPS://API.example:443/v1/", "model": "*", "api_key": "${KEY}\n", "type": "openai",
      "priority": 0, "weight": 7, "retry": 0, "timeout": 0.5, "connect_timeout": 1, "first_token_timeout": 2,
      "idle_timeout": 3, "stream_support": false, "non_stream_support": false, "enabled": false, "allow_empty": true,
      "custom_headers": {"X-Title": "at ${PLACE:-home}"}, "max_context_length": 128000,
      "rate_limit": {"requests_per_period": 100, "tokens_per_period": null, "period_cron": "*/5 * * * *"}})"),
                                                       with_variables({{"KEY", "secret"}}));
  Provider want;
  want.name = "p";
  want.endpoint = "https://api.example/v1";
  want.model = "*";
  want.api_key = Secret("secret");
  want.priority = 0;
  want.weight = 7;
  want.retry = 0;
  want.timeout = Millis{500};
  want.connect_timeout = Millis{1000};
  want.first_token_timeout = Millis{2000};
  want.idle_timeout = Millis{3000};
  want.stream_support = false;
  want.non_stream_support = false;
  want.enabled = false;
  want.allow_empty = true;
  want.custom_headers = {{"X-Title", "at home"}};
  want.max_context_length = 128000;
  want.quota = {requests(100, "*/5 * * * *")};
  want.capabilities = known_capabilities(ProviderType::OpenAi, want.endpoint, want.model);
  CHECK(providers == std::vector<Provider>{want});
}

TEST_CASE("a mock needs nothing but a name") {
  const std::vector<Provider> providers = providers_of(with_entry(R"({"name": "p", "type": "mock", "mock":
      {"latency": 0, "tokens_per_second": 0.5, "error_status": 429, "failure_rate": 1, "reply": "hi"}})"));
  CHECK(providers[0].mock == Mock{Millis{0}, 0.5, 429, 1, "hi"});
  CHECK(providers[0].model == "m");

  const Loaded pattern = load_text(R"({"m-*": {"providers": [{"name": "p", "type": "mock"}]}})", kNoVariables);
  REQUIRE(pattern.config != nullptr);
  CHECK(pattern.config->routes[0].providers[0].model == "*");
}

TEST_CASE("retry and timeout come from _global unless they are given") {
  const std::vector<Provider> providers = providers_of(R"({
      "m": {"providers": [{"name": "p", "type": "mock"}, {"name": "q", "type": "mock", "retry": 2, "timeout": 9},
                          {"name": "r", "use": "a"}, {"name": "s", "use": "a", "retry": 4}]},
      "_providers": {"a": {"type": "mock", "retry": 1}},
      "_global": {"default_retry": 5, "default_timeout": 7}})");
  REQUIRE(providers.size() == 4);
  CHECK(providers[0].retry == 5);
  CHECK(providers[0].timeout == Millis{7000});
  CHECK(providers[1].retry == 2);
  CHECK(providers[1].timeout == Millis{9000});
  CHECK(providers[2].retry == 1);
  CHECK(providers[2].timeout == Millis{7000});
  CHECK(providers[3].retry == 4);
}

TEST_CASE("an account's fields are defaults, wherever `use` stands") {
  const std::vector<Provider> providers = providers_of(with_account(
      R"({"endpoint": "https://x.example", "api_key": "k", "timeout": 5, "max_context_length": 8,
          "custom_headers": {"X-A": "1", "X-B": "2"}, "rate_limit": {"requests_per_period": 10}})",
      R"({"name": "p", "model": "m", "use": "acc"},
         {"name": "q", "model": "m", "timeout": 6, "max_context_length": null, "api_key": "own",
          "rate_limit": {"tokens_per_period": 20}, "custom_headers": {"x-b": "3", "X-C": "4"}, "use": "acc"})"));
  REQUIRE(providers.size() == 2);
  CHECK(providers[0].account == "acc");
  CHECK(providers[0].endpoint == "https://x.example");
  CHECK(providers[0].api_key == Secret("k"));
  CHECK(providers[0].timeout == Millis{5000});
  CHECK(providers[0].max_context_length == 8);
  CHECK(providers[0].account_quota == Quota{requests(10, "0 0 * * *")});
  CHECK(providers[0].quota.empty());

  CHECK(providers[1].api_key == Secret("own"));
  CHECK(providers[1].timeout == Millis{6000});
  CHECK_FALSE(providers[1].max_context_length.has_value());
  CHECK(providers[1].account_quota == Quota{requests(10, "0 0 * * *")});
  CHECK(providers[1].quota == Quota{{std::nullopt, 20, "0 0 * * *", ""}});
  const std::map<std::string, std::string> merged = {{"X-A", "1"}, {"x-b", "3"}, {"X-C", "4"}};
  CHECK(providers[1].custom_headers == merged);
}

TEST_CASE("a field of a provider is refused with its path") {
  const std::string seconds = "expected a number of seconds from 0.001 to 86400, got ";
  const Row rows[] = {
      {R"("weigth": 1)", "m.providers[0].weigth: unknown field, did you mean \"weight\"?\n"},
      {R"("retry": 11)", "m.providers[0].retry: expected a whole number from 0 to 10, got 11\n"},
      {R"("priority": -1)", "m.providers[0].priority: expected a whole number from 0 to 1000000, got -1\n"},
      {R"("weight": 1.5)", "m.providers[0].weight: expected a whole number from 0 to 1000000, got 1.5\n"},
      {R"("timeout": 0)", "m.providers[0].timeout: " + seconds + "0\n"},
      {R"("timeout": null)", "m.providers[0].timeout: " + seconds + "null\n"},
      {R"("connect_timeout": 86401)", "m.providers[0].connect_timeout: " + seconds + "86401\n"},
      {R"("first_token_timeout": "1")", "m.providers[0].first_token_timeout: " + seconds + "a string\n"},
      {R"("idle_timeout": -2)", "m.providers[0].idle_timeout: " + seconds + "-2\n"},
      {R"("enabled": 1)", "m.providers[0].enabled: expected true or false, got a number\n"},
      {R"("max_context_length": 0)",
       "m.providers[0].max_context_length: expected a whole number of at least 1, got 0\n"},
      {R"("type": "opnai")", "m.providers[0].type: unknown type \"opnai\", did you mean \"openai\"?\n"},
      {R"("type": "bedrock")",
       "m.providers[0].type: unknown type \"bedrock\", expected \"auto\" or \"openai\" or \"anthropic\" or "
       "\"azure\" or \"gemini\" or \"mock\"\n"},
      {R"("use": "acc")", "m.providers[0].use: no such entry in _providers\n"},
      {R"("use": "")", "m.providers[0].use: a name must not be empty\n"},
      {R"("mock": {})", "m.providers[0]: \"mock\" is for providers of \"type\": \"mock\" only\n"},
      {R"("api_key_file": "/none")", "m.providers[0]: api_key and api_key_file exclude each other\n"},
      {R"("custom_headers": [])", "m.providers[0].custom_headers: expected an object, got an array\n"},
      {R"("custom_headers": {"A B": "x"})", "m.providers[0].custom_headers[\"A B\"]: not a valid header name\n"},
      {R"("custom_headers": {"": "x"})", "m.providers[0].custom_headers[\"\"]: not a valid header name\n"},
      {R"("custom_headers": {"hOST": "x"})",
       "m.providers[0].custom_headers.hOST: this header is set by the gateway\n"},
      {R"("custom_headers": {"Content-Length": "1", "Transfer-Encoding": "x", "Connection": "close"})",
       "m.providers[0].custom_headers.Content-Length: this header is set by the gateway\n"
       "m.providers[0].custom_headers.Transfer-Encoding: this header is set by the gateway\n"
       "m.providers[0].custom_headers.Connection: this header is set by the gateway\n"},
      {R"("custom_headers": {"X-A": "a\r\nb"})",
       "m.providers[0].custom_headers.X-A: a header's value must not contain control characters\n"},
      {R"("custom_headers": {"X-A": 1})", "m.providers[0].custom_headers.X-A: expected a string, got a number\n"},
      {R"("custom_headers": {"X-A": "1", "x-a": "2"})",
       "m.providers[0].custom_headers.x-a: this header is written twice; case makes no difference\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_provider(row.text)) == row.want);
  }
}

TEST_CASE("an entry is refused when it is not whole") {
  const std::string key_required =
      "m.providers[0]: \"api_key\" is required; write \"api_key\": \"\" if this endpoint takes none\n";
  const Row rows[] = {
      {R"(5)", "m.providers[0]: expected an object, got a number\n"},
      {R"({"type": "mock"})", "m.providers[0]: \"name\" is required\n"},
      {R"({"name": "p"})", "m.providers[0]: \"endpoint\" is required\nm.providers[0]: \"model\" is required\n"},
      {R"({"name": "", "type": "mock"})", "m.providers[0].name: a name must not be empty\n"},
      {R"({"name": "${NONE}", "type": "mock"})", "m.providers[0].name: environment variable NONE is not set\n"},
      {R"({"name": "p", "type": "${NONE}"})", "m.providers[0].type: environment variable NONE is not set\n"},
      {R"({"name": "p", "endpoint": "https://x.example", "model": "m"})", key_required},
      {R"({"name": "p", "endpoint": "https://8.8.8.8", "model": "m"})", key_required},
      {R"({"name": "p", "endpoint": "https://x.example", "model": ""})",
       "m.providers[0].model: a name must not be empty\n" + key_required},
      {R"({"name": "p", "endpoint": "x.example", "model": "m"})",
       "m.providers[0].endpoint: a URL must begin with http:// or https://\n"},
      {R"({"name": "p", "type": "mock", "mock": {"latency": -1, "tokens_per_second": 0, "error_status": 200,
           "failure_rate": 1.5, "reply": 1, "replay": ""}})",
       "m.providers[0].mock.latency: expected a number of seconds from 0 to 86400, got -1\n"
       "m.providers[0].mock.tokens_per_second: expected a number from 0.01 to 1e+06, got 0\n"
       "m.providers[0].mock.error_status: expected a whole number from 400 to 599, got 200\n"
       "m.providers[0].mock.failure_rate: expected a number from 0 to 1, got 1.5\n"
       "m.providers[0].mock.reply: expected a string, got a number\n"
       "m.providers[0].mock.replay: unknown field, did you mean \"reply\"?\n"},
      {R"({"name": "p", "type": "mock"}, {"name": "q", "type": "mock"}, {"name": "p", "type": "mock"})",
       "m.providers[2].name: already the name of providers[0]\n"},
      {"", "m.providers: at least one provider is required\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_entry(row.text)) == row.want);
  }
}

TEST_CASE("an endpoint at home, an empty key and a key's file need no api_key") {
  for (const char* entry : {R"("endpoint": "http://localhost:11434/v1")", R"("endpoint": "http://192.168.1.5:8080")",
                            R"("endpoint": "http://[fd00::1]/v1")", R"("endpoint": "http://gpu-box.lan")",
                            R"("endpoint": "http://ollama:11434")",
                            R"("endpoint": "https://x.example", "api_key": "")",
                            R"("endpoint": "https://x.example", "api_key": "${NONE:-}")",
                            R"("endpoint": "https://x.example", "api_key_file": "/none")"}) {
    CAPTURE(std::string(entry));
    CHECK(problems_of(with_entry(R"({"name": "p", "model": "m", )" + std::string(entry) + "}")) == "");
  }
}

TEST_CASE("a tier of enabled providers needs some weight") {
  const auto with_weights = [](const std::string& first, const std::string& second) {
    const std::string p = R"({"name": "p", "type": "mock", )" + first + "}";
    const std::string q = R"({"name": "q", "type": "mock", )" + second + "}";
    return with_entry(p + ", " + q);
  };
  const std::string want = "m.providers: all enabled providers of priority 1 have weight 0; at least one needs more\n";
  CHECK(problems_of(with_weights(R"("weight": 0)", R"("weight": 0)")) == want);
  CHECK(problems_of(with_weights(R"("weight": 0)", R"("priority": 2)")) == want);
  CHECK(problems_of(with_weights(R"("weight": 0)", R"("weight": 1, "enabled": false)")) == want);
  CHECK(problems_of(with_weights(R"("weight": 0)", R"("weight": 1)")) == "");
  CHECK(problems_of(with_weights(R"("weight": 0, "enabled": false)", R"("priority": 2)")) == "");
}

TEST_CASE("a route says how its requests are converted") {
  const Loaded result = load_text(
      R"({"m": {"providers": [{"name": "p", "type": "mock"}], "strict_params": true, "rewrite_model": true,
                "drop_server_tools": true, "expose_upstream_limits": true, "pass_upstream_auth_errors": true}})",
      kNoVariables);
  REQUIRE(result.config != nullptr);
  CHECK(result.config->routes[0].conversion == ConversionSettings{true, true, true, true, true});
  for (const auto& [name, field] : {std::pair{"strict_params", &ConversionSettings::strict_params},
                                    {"rewrite_model", &ConversionSettings::rewrite_model},
                                    {"drop_server_tools", &ConversionSettings::drop_server_tools},
                                    {"expose_upstream_limits", &ConversionSettings::expose_upstream_limits},
                                    {"pass_upstream_auth_errors", &ConversionSettings::pass_upstream_auth_errors}}) {
    const std::string file =
        R"({"m": {"providers": [{"name": "p", "type": "mock"}], ")" + std::string(name) + "\": true}}";
    CAPTURE(file);
    const Loaded one = load_text(file, kNoVariables);
    REQUIRE(one.config != nullptr);
    ConversionSettings want;
    want.*field = true;
    CHECK(one.config->routes[0].conversion == want);
  }
}

TEST_CASE("a route is refused with its path") {
  const auto with_route = [](const std::string& fields) {
    return R"({"my model": {"providers": [{"name": "p", "type": "mock"}], )" + fields + "}}";
  };
  const Row rows[] = {
      {R"("strategy": "latency", "aliases": ["a"])", ""},
      {R"("strategy": "expiring")", ""},
      {R"("strict_params": 1)", "[\"my model\"].strict_params: expected true or false, got a number\n"},
      {R"("strategy": "round-robin")",
       "[\"my model\"].strategy: unknown strategy \"round-robin\", did you mean \"round_robin\"?\n"},
      {R"("strategy": "best")",
       "[\"my model\"].strategy: unknown strategy \"best\", expected \"weighted\" or \"round_robin\" or \"random\" or "
       "\"least_connections\" or \"latency\" or \"expiring\" or \"cost\"\n"},
      {R"("alias": "a")", "[\"my model\"].alias: unknown field, did you mean \"aliases\"?\n"},
      {R"("aliases": "a")", "[\"my model\"].aliases: expected an array, got a string\n"},
      {R"("aliases": ["a*", "", "${NONE}"])",
       "[\"my model\"].aliases[0]: an alias is an exact name; a pattern needs a route of its own\n"
       "[\"my model\"].aliases[1]: a name must not be empty\n"
       "[\"my model\"].aliases[2]: environment variable NONE is not set\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_route(row.text)) == row.want);
  }
}

TEST_CASE("an account is refused once, not for each of its users") {
  const std::string user = R"({"name": "p", "model": "m", "use": "acc"}, {"name": "q", "model": "m", "use": "acc"})";
  const Row rows[] = {
      {"5", "_providers.acc: expected an object, got a number\n"},
      {R"({"endpoint": "x", "api_key": "k"})",
       "_providers.acc.endpoint: a URL must begin with http:// or https://\n"},
      {R"({"endpoint": "https://x.example", "api_key": "k", "weight": 1, "name": "n"})",
       "_providers.acc.weight: unknown field\n_providers.acc.name: unknown field\n"},
      {R"({"endpoint": "https://x.example", "api_key": "k", "mock": {}})",
       "_providers.acc: \"mock\" is for providers of \"type\": \"mock\" only\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_account(row.text, user)) == row.want);
  }
  CHECK(problems_of(with_account(R"({"type": "mock"})", R"({"name": "p", "use": "ac"})")) ==
        "m.providers[0].use: no such entry in _providers, did you mean \"acc\"?\n");
}

TEST_CASE("a provider whose variable is not set is kept, unavailable, with a warning") {
  const std::string text = with_entry(
      R"({"name": "p", "model": "m", "endpoint": "https://${HOST}/v1", "api_key": "${KEY}",
          "custom_headers": {"X-A": "${KEY}", "X-B": "${EMPTY}"}},
         {"name": "off", "enabled": false, "model": "m", "endpoint": "https://x.example", "api_key": "${KEY}"},
         {"name": "q", "type": "mock"})");
  const Loaded result = load_text(text, with_variables({{"EMPTY", ""}}));
  REQUIRE(result.config != nullptr);
  const std::vector<Provider>& providers = result.config->routes[0].providers;
  const std::string reason =
      "environment variable KEY is not set; environment variable EMPTY is empty; environment variable HOST is not set";
  REQUIRE(providers.size() == 3);
  CHECK(providers[0].unavailable_reason == reason);
  CHECK(providers[1].unavailable_reason == "");
  CHECK(providers[2].unavailable_reason == "");
  CHECK(result.warnings == std::vector<std::string>{"m.providers[0] \"p\" is unavailable: " + reason});
}

TEST_CASE("what an account lacks, an entry can make up for") {
  const std::string account =
      R"({"endpoint": "https://x.example", "api_key": "${KEY}", "custom_headers": {"X-A": "${A}", "X-B": "${B}"}})";
  const std::vector<Provider> providers = providers_of(with_account(
      account, R"({"name": "p", "model": "m", "use": "acc"},
                  {"name": "q", "model": "m", "use": "acc", "api_key": "k", "custom_headers": {"x-a": "1"}},
                  {"name": "r", "model": "m", "use": "acc", "api_key": "k",
                   "custom_headers": {"x-a": "1", "x-b": "2"}})"));
  REQUIRE(providers.size() == 3);
  CHECK(providers[0].unavailable_reason ==
        "environment variable KEY is not set; environment variable A is not set; environment variable B is not set");
  CHECK(providers[1].unavailable_reason == "environment variable B is not set");
  CHECK(providers[2].unavailable_reason == "");
}

TEST_CASE("a key's file is read without the line end, and what can't be read makes unavailable") {
  const TemporaryFolder folder;
  folder.write("good", "sk-from-file\n");
  folder.write("empty", " \n");
  folder.write("long", "sk-1\nsk-2\n");
  struct FileRow {
    const char* name;
    const char* key;
    const char* reason;
  };
  const FileRow rows[] = {
      {"good", "sk-from-file", ""},
      {"empty", "", "api_key_file is empty"},
      {"long", "", "api_key_file holds more than one line"},
      {"none", "", "api_key_file can't be read: No such file or directory"},
      {"", "", "api_key_file can't be read: Is a directory"},
  };
  for (const FileRow& row : rows) {
    CAPTURE(std::string(row.name));
    const std::vector<Provider> providers = providers_of(with_account(
        R"({"endpoint": "https://x.example", "api_key": "${NONE}"})",
        R"({"name": "p", "model": "m", "use": "acc", "api_key_file": "${SECRETS}/)" + std::string(row.name) + "\"}"),
        with_variables({{"SECRETS", folder.path()}}));
    CHECK(providers[0].api_key == Secret(row.key));
    CHECK(providers[0].unavailable_reason == row.reason);
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
