#include "config/loader.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/loading.h"
#include "config/temporary_folder.h"

namespace aigw::config {
namespace {

struct Row {
  std::string text;
  std::string want;
};

Config loaded(const std::string& text, const Environment& environment = kNoVariables) {
  const Loaded result = load_text(text, environment);
  CHECK(lines_of(texts_of(result.problems)) == "");
  REQUIRE(result.config != nullptr);
  return *result.config;
}

constexpr const char* kMock = R"("m": {"providers": [{"name": "p", "type": "mock"}]})";

}  // namespace

TEST_SUITE("config/loader") {

TEST_CASE("an absent field has the default of its struct") {
  const Config config = loaded(std::string("{") + kMock + "}");
  CHECK(config.global == Global{});
  REQUIRE(config.routes.size() == 1);
  Provider want;
  want.name = "p";
  want.type = ProviderType::Mock;
  want.model = "m";
  CHECK(config.routes[0].providers == std::vector<Provider>{want});
  CHECK(config.routes[0].aliases.empty());
  CHECK(config.routes[0].strategy == Strategy::Weighted);
  CHECK(config.routes[0].conversion == ConversionSettings{});
}

TEST_CASE("every field of _global is read") {
  const Config config = loaded(with_global(R"(
      "default_timeout": 0.25, "default_retry": 0, "log_requests": false, "api_key": " ${KEY}\n", "admin_key": "$${x}",
      "host": "::", "port": 0, "threads": 1, "max_connections": 2, "max_body_mb": 3, "shutdown_grace": 0,
      "default_model": "m", "stream_keepalive": 1.5, "trusted_proxies": ["10.0.0.0/8", "::1"],
      "cors_origins": ["*", "HTTPS://Chat.Example:443", "http://localhost:3000", "app://obsidian.md"],
      "durability": "strict", "history_days": 0)"),
                               with_variables({{"KEY", "secret"}}));
  Global want;
  want.default_timeout = Millis{250};
  want.default_retry = 0;
  want.log_requests = false;
  want.api_key = Secret("secret");
  want.admin_key = Secret("${x}");
  want.host = "::";
  want.port = 0;
  want.threads = 1;
  want.max_connections = 2;
  want.max_body_mb = 3;
  want.shutdown_grace = Millis{0};
  want.default_model = "m";
  want.stream_keepalive = Millis{1500};
  want.trusted_proxies = {"10.0.0.0/8", "::1"};
  want.cors_origins = {"*", "https://chat.example", "http://localhost:3000", "app://obsidian.md"};
  want.durability = Durability::Strict;
  want.history_days = 0;
  CHECK(config.global == want);
}

TEST_CASE("_global is refused with everything that is wrong in it") {
  const std::string no_origin = "not an origin; write \"*\" or scheme and host, like \"https://chat.example.com\"\n";
  const Row rows[] = {
      {R"("prot": 1)", "_global.prot: unknown field, did you mean \"port\"?\n"},
      {R"("zzz": 1)", "_global.zzz: unknown field\n"},
      {R"("port": 65536)", "_global.port: expected a whole number from 0 to 65535, got 65536\n"},
      {R"("port": -1)", "_global.port: expected a whole number from 0 to 65535, got -1\n"},
      {R"("port": 80.5)", "_global.port: expected a whole number from 0 to 65535, got 80.5\n"},
      {R"("port": 1e300)", "_global.port: expected a whole number from 0 to 65535, got 1e+300\n"},
      {R"("port": "6010")", "_global.port: expected a whole number from 0 to 65535, got a string\n"},
      {R"("port": null)", "_global.port: expected a whole number from 0 to 65535, got null\n"},
      {R"("threads": 0)", "_global.threads: expected a whole number from 1 to 10000, got 0\n"},
      {R"("max_connections": 0)", "_global.max_connections: expected a whole number from 1 to 1000000, got 0\n"},
      {R"("max_body_mb": 4097)", "_global.max_body_mb: expected a whole number from 1 to 4096, got 4097\n"},
      {R"("default_retry": 11)", "_global.default_retry: expected a whole number from 0 to 10, got 11\n"},
      {R"("default_timeout": 0)", "_global.default_timeout: expected a number of seconds from 0.001 to 86400, got 0\n"},
      {R"("default_timeout": 0.0004)",
       "_global.default_timeout: expected a number of seconds from 0.001 to 86400, got 4e-04\n"},
      {R"("default_timeout": true)",
       "_global.default_timeout: expected a number of seconds from 0.001 to 86400, got a boolean\n"},
      {R"("shutdown_grace": -1)", "_global.shutdown_grace: expected a number of seconds from 0 to 3600, got -1\n"},
      {R"("stream_keepalive": [])",
       "_global.stream_keepalive: expected a number of seconds from 0 to 3600, got an array\n"},
      {R"("log_requests": "yes")", "_global.log_requests: expected true or false, got a string\n"},
      {R"("api_key": 123456)", "_global.api_key: expected a string, got a number\n"},
      {R"("api_key": "  ")", "_global.api_key: consists of blanks only\n"},
      {R"("api_key": "a\nb")", "_global.api_key: contains a control character\n"},
      {R"("api_key": "${NONE}")", "_global.api_key: environment variable NONE is not set\n"},
      {R"("admin_key": "${EMPTY}")", "_global.admin_key: environment variable EMPTY is empty\n"},
      {R"("admin_key": "${NONE")", "_global.admin_key: ${ has no closing }; $${ is a literal ${\n"},
      {R"("host": "[::1]")",
       "_global.host: expected an IP address (an IPv6 address without brackets) or a host name\n"},
      {R"("host": "")", "_global.host: expected an IP address (an IPv6 address without brackets) or a host name\n"},
      {R"("default_model": "n")", "_global.default_model: no such model, did you mean \"m\"?\n"},
      {R"("trusted_proxies": "10.0.0.1")", "_global.trusted_proxies: expected an array, got a string\n"},
      {R"("trusted_proxies": ["::1", "x", "10.0.0.0/33", 1])",
       "_global.trusted_proxies[1]: not an IP address or a block like 10.0.0.0/8\n"
       "_global.trusted_proxies[2]: the number after the slash must be from 0 to 32\n"
       "_global.trusted_proxies[3]: expected a string, got a number\n"},
      {R"("cors_origins": ["null"])", "_global.cors_origins[0]: " + no_origin},
      {R"("cors_origins": ["https://a.example/"])", "_global.cors_origins[0]: " + no_origin},
      {R"("cors_origins": ["https://u@a.example"])", "_global.cors_origins[0]: " + no_origin},
      {R"("cors_origins": ["app://"])", "_global.cors_origins[0]: " + no_origin},
      {R"("cors_origins": ["a.example"])", "_global.cors_origins[0]: " + no_origin},
      {R"("durability": "strictly")",
       "_global.durability: unknown durability \"strictly\", did you mean \"strict\"?\n"},
      {R"("durability": "none")",
       "_global.durability: unknown durability \"none\", expected \"normal\" or \"strict\"\n"},
      {R"("history_days": 3651)", "_global.history_days: expected a whole number from 0 to 3650, got 3651\n"},
      {R"("port": 1, "port": 2)", "_global.port: this field is written twice\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_global(row.text), with_variables({{"EMPTY", ""}})) == row.want);
  }
}

TEST_CASE("the top of the file holds models and three known names") {
  const std::string mock = kMock;
  const Row rows[] = {
      {"{" + mock + R"(, "$schema": 5})", ""},
      {"{" + mock + R"(, "_global": 1})", "_global: expected an object, got a number\n"},
      {"{" + mock + R"(, "_providers": []})", "_providers: expected an object, got an array\n"},
      {"{" + mock + R"(, "_globals": {}})", "_globals: unknown field, did you mean \"_global\"?\n"},
      {"{" + mock + R"(, "_provider": {}})", "_provider: unknown field, did you mean \"_providers\"?\n"},
      {"{" + mock + R"(, "_key": {}})", "_key: unknown field, did you mean \"_keys\"?\n"},
      {"{" + mock + R"(, "_owner": {}})", "_owner: unknown field, did you mean \"_owners\"?\n"},
      {"{" + mock + R"(, "$shcema": ""})", "[\"$shcema\"]: unknown field, did you mean \"$schema\"?\n"},
      {"{" + mock + R"(, "_x": 1})", "_x: unknown field; the name of a model must not begin with _ or $\n"},
      {"{" + mock + R"(, "": {"providers": [{"name": "p", "type": "mock"}]}})", "[\"\"]: a name must not be empty\n"},
      {"{" + mock + R"(, " x": {"providers": [{"name": "p", "type": "mock"}]}})",
       "[\" x\"]: a name must not begin or end with a blank\n"},
      {"{" + mock + R"(, "n": 1})", "n: expected an object, got a number\n"},
      {"{" + mock + R"(, "n": {}})", "n: \"providers\" is required\n"},
      {"{" + mock + R"(, "global": {}})", "global: \"providers\" is required, did you mean \"_global\"?\n"},
      {"{" + mock + "," + mock + "}", "m: this field is written twice\n"},
      {"[]", "expected an object, got an array\n"},
      {"null", "expected an object, got null\n"},
      {"{", "line 1, column 2: expected a name in double quotes, got the end of the file\n"},
      {"", "the file is empty\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(row.text) == row.want);
    CHECK((load_text(row.text, kNoVariables).config == nullptr) == !row.want.empty());
  }
}

TEST_CASE("a name that clients may ask for leads to one route") {
  const auto two_routes = [](const std::string& aliases_of_a, const std::string& aliases_of_b) {
    const std::string providers = R"("providers": [{"name": "p", "type": "mock"}], "aliases": )";
    return "{\"a\": {" + providers + aliases_of_a + "}, \"b\": {" + providers + aliases_of_b + "}}";
  };
  CHECK(problems_of(two_routes(R"(["x"])", R"(["y", "z"])")) == "");
  CHECK(problems_of(two_routes(R"(["b"])", R"(["x", "x"])")) ==
        "a.aliases[0]: already the name of a route\n"
        "b.aliases[1]: already an alias of \"b\"\n");
  CHECK(problems_of(two_routes(R"(["a"])", "[]")) == "a.aliases[0]: already the name of a route\n");
  CHECK(problems_of(two_routes(R"(["x"])", R"(["", "x"])")) ==
        "b.aliases[0]: a name must not be empty\n"
        "b.aliases[1]: already an alias of \"a\"\n");
}

TEST_CASE("the default model is an exact name, an alias or fits a pattern") {
  for (const char* wanted : {"m", "short", "claude-3"}) {
    CAPTURE(std::string(wanted));
    CHECK(problems_of(std::string(R"({"_global": {"default_model": ")") + wanted + R"("},
        "m": {"aliases": ["short"], "providers": [{"name": "p", "type": "mock"}]},
        "claude-*": {"providers": [{"name": "p", "type": "mock"}]}})") == "");
  }
}

TEST_CASE("everything that is wrong is told at once") {
  CHECK(problems_of(R"({"_global": {"port": -1}, "_providers": {"a": {"retry": 11}},
                        "m": {"strategy": "wieghted", "providers": [{"nmae": "p", "weight": "1"}]}})") ==
        "_global.port: expected a whole number from 0 to 65535, got -1\n"
        "_providers.a.retry: expected a whole number from 0 to 10, got 11\n"
        "m.strategy: unknown strategy \"wieghted\", did you mean \"weighted\"?\n"
        "m.providers[0].nmae: unknown field, did you mean \"name\"?\n"
        "m.providers[0].weight: expected a whole number from 0 to 1000000, got a string\n"
        "m.providers[0]: \"name\" is required\n"
        "m.providers[0]: \"endpoint\" is required\n"
        "m.providers[0]: \"model\" is required\n");
}

TEST_CASE("no message holds the text of a credential") {
  const std::string key = "sk-very-secret-0123456789";
  const Environment environment = with_variables({{"KEY", key}, {"BAD", key + "\n" + key}});
  const std::string fields[] = {
      R"("api_key": "SECRET\u0001")",
      R"("api_key": "${BAD}")",
      R"("api_key": ["SECRET"])",
      R"("api_key_file": "SECRET")",
      R"("api_key_file": "${KEY}")",
      R"("endpoint": "https://x:SECRET@x.example")",
      R"("endpoint": "SECRET")",
      R"("model": "SECRET ")",
      R"("type": "${KEY}")",
      R"("use": "${KEY}")",
      R"("weight": "SECRET")",
      R"("custom_headers": {"Authorization": "Bearer SECRET\r\n"})",
      R"("custom_headers": {"Authorization": "${BAD}"})",
      R"("rate_limit": {"requests_per_period": 1, "period_cron": "${KEY}"})",
      R"("rate_limit": [{"requests_per_period": 1, "period": "${KEY}"}])",
      R"("mock": "SECRET")",
      R"("dialects": ["${KEY}"])",
      R"("api_version": "${KEY}/")",
      R"("endpoint": "https://x.example?api-version=${KEY}")",
      R"("capabilities": {"thinking": "${KEY}"})",
      R"("params": {"rename": {"a": "SECRET", "b": "SECRET"}})",
  };
  for (std::string field : fields) {
    if (const std::size_t at = field.find("SECRET"); at != std::string::npos) field.replace(at, 6, key);
    CAPTURE(field);
    const Loaded result = load_text(R"({"m": {"providers": [{"name": "p", )" + field + "}]}}", environment);
    CHECK_FALSE(result.problems.empty());
    const std::string told = lines_of(texts_of(result.problems)) + lines_of(result.warnings);
    CHECK(told.find("very-secret") == std::string::npos);
  }
}

TEST_CASE("no message about keys, owners and tokens repeats a credential") {
  const Environment environment = with_variables({{"KEY", "very-secret"}});
  const std::string fields[] = {
      R"("_keys": {"k": {"key": "very-secret"}})",
      R"("_keys": {"k": {"key": "${KEY}"}})",
      R"("_keys": {"k": {"key": "very-secret\nvery-secret"}})",
      R"("_keys": {"k": {"key_file": "very-secret"}})",
      R"("_keys": {"k": {"key_file": "${KEY}"}})",
      R"("_keys": {"k": {"sha256": "very-secret"}})",
      R"("_keys": {"k": {"sha256": ["${KEY}"]}})",
      R"("_keys": {"k": {"sha256": {"very-secret": 1}}})",
      R"("_keys": {"k": {"key": "very-secret-very-secret", "expires": "${KEY}"}})",
      R"("_keys": {"k": {"key": "very-secret-very-secret", "role": "${KEY}"}})",
      R"("_keys": {"k": {"key": "very-secret-very-secret", "allowed_ips": ["${KEY}"]}})",
      R"("_keys": {"k": {"key": "very-secret-very-secret"}, "l": {"key": "very-secret-very-secret"}})",
      R"("_keys": {"k": "very-secret"})",
      R"("_global": {"jwt": {"issuer": "i", "audience": "a", "secret": "very-secret"}})",
      R"("_global": {"jwt": {"issuer": "i", "audience": "a", "public_key": "very-secret"}})",
      R"("_global": {"jwt": {"issuer": "i", "audience": "a", "public_key_file": "very-secret"}})",
      R"("_global": {"jwt": {"issuer": "i", "audience": "a", "jwks_url": "https://a:very-secret@id.example"}})",
      R"("_global": {"jwt": {"issuer": "i", "audience": "a", "jwks_url": "http://id.example/very-secret"}})",
  };
  for (const std::string& field : fields) {
    CAPTURE(field);
    const Loaded result = load_text("{" + field + "}", environment);
    CHECK_FALSE(result.problems.empty());
    const std::string told = lines_of(texts_of(result.problems)) + lines_of(result.warnings);
    CHECK(told.find("very-secret") == std::string::npos);
  }
}

TEST_CASE("nobody who may use /admin is a warning, once there are keys") {
  const std::string key = R"("key": "0123456789abcdef")";
  const std::string jwt = R"("jwt": {"issuer": "i", "audience": "a", "jwks_file": "x")";
  const std::string nobody =
      "no key of this file may use /admin: set _global.admin_key, or give a key \"role\": \"admin\"\n";
  struct Case {
    std::string global;
    std::string fields;  // of the key, beside its secret
    std::string want;
  };
  const Case rows[] = {
      {"", "", nobody},
      {"", R"(, "role": "user")", nobody},
      {"", R"(, "role": "admin", "enabled": false)", nobody},
      {jwt + "}", "", nobody},
      {jwt + R"(, "role_claim": "roles"})", "", ""},
      {"", R"(, "role": "admin")", ""},
      {R"("api_key": "k")", "", ""},
      {R"("admin_key": "k")", "", ""},
  };
  for (const Case& row : rows) {
    CAPTURE(row.global);
    CAPTURE(row.fields);
    const std::string text =
        R"({"_global": {)" + row.global + R"(}, "_keys": {"k": {)" + key + row.fields + "}}, " + kMock + "}";
    const Loaded result = load_text(text, kNoVariables);
    CHECK(lines_of(texts_of(result.problems)) == "");
    CHECK(lines_of(result.warnings) == row.want);
  }
  CHECK(load_text(R"({"_keys": {}, "_owners": {"o": {}}, )" + std::string(kMock) + "}", kNoVariables).warnings.empty());
}

TEST_CASE("a key may name an owner that is not listed") {
  const Config config = loaded(R"({"_keys": {"k": {"key": "0123456789abcdef", "owner": "x", "role": "admin"}}, )" +
                               std::string(kMock) + "}");
  CHECK(config.keys.at(0).owner == "x");
  CHECK(config.owners.empty());
}

TEST_CASE("money that nothing counts against is a warning") {
  const std::string money = R"("rate_limit": [{"requests_per_period": 9}, {"cost_per_period": 1, "period": "5h"}])";
  const std::string warning =
      "m.providers[0] \"p\" has a cost_per_period that nothing counts against: the price of \"x\" is not known; give "
      "it a \"price\"\n";
  const std::string entry = R"({"name": "p", "endpoint": "https://x.example", "api_key": "k")";
  struct Case {
    std::string text;
    std::string want;
  };
  const auto entries = [](const std::string& list) { return R"({"m": {"providers": [)" + list + "]}}"; };
  const Case rows[] = {
      {entries(entry + R"(, "model": "x", )" + money + "}"), warning},
      {entries(entry + R"(, "model": "x", "rate_limit": {"requests_per_period": 9}})"), ""},
      {entries(entry + R"(, "model": "*", )" + money + "}"), ""},
      {entries(entry + R"(, "model": "x", "price": {"input": 0}, )" + money + "}"), ""},
      {entries(entry + R"(, "model": "x", "enabled": false, )" + money + "}"), ""},
      {entries(R"({"name": "p", "endpoint": "http://localhost", "model": "x", )" + money + "}"), ""},
      {entries(R"({"name": "p", "type": "mock", "model": "x", )" + money + "}"), ""},
      {R"({"_global": {"prices": {"x*": {"input": 1}}}, "m": {"providers": [)" + entry + R"(, "model": "x", )" + money +
           "}]}}",
       ""},
      {with_account("{" + money + R"(, "endpoint": "https://x.example", "api_key": "k"})",
                    R"({"name": "p", "use": "acc", "model": "x"}, {"name": "q", "use": "acc", "model": "x",
                        "price": {"input": 1}})"),
       warning},
  };
  for (const Case& row : rows) {
    CAPTURE(row.text);
    const Loaded result = load_text(row.text, kNoVariables);
    CHECK(lines_of(texts_of(result.problems)) == "");
    CHECK(lines_of(result.warnings) == row.want);
  }
  const TemporaryFolder folder;
  folder.write("prices.json", R"({"date": "2026-11-20", "prices": {"x": {"input": 1}}})");
  CHECK(load_file(folder.write("provider.json", rows[0].text), kNoVariables).warnings.empty());
}

TEST_CASE("a configuration without models works with a warning") {
  const Loaded result = load_text("{}", kNoVariables);
  CHECK(result.config != nullptr);
  CHECK(result.warnings == std::vector<std::string>{"no model is configured"});
}

TEST_CASE("the command line beats the file") {
  const Overrides overrides{std::nullopt, 7000, std::nullopt};
  const Snapshot config = load_text(with_global(R"("port": 1, "threads": 2)"), kNoVariables, overrides).config;
  REQUIRE(config != nullptr);
  CHECK(config->global.port == 7000);
  CHECK(config->global.threads == 2);
  CHECK(config->global.host == Global{}.host);
}

TEST_CASE("of very many problems the first ones are told, and how many more there are") {
  std::string numbers = "1";
  for (std::size_t i = 0; i < kProblemsMax + 500; ++i) numbers += ", 1";
  const Loaded loaded = load_text(R"({"m": {"providers": [)" + numbers + "]}}", kNoVariables);
  CHECK(loaded.config == nullptr);
  REQUIRE(loaded.problems.size() == kProblemsMax + 1);
  CHECK(loaded.problems.front().path == "m.providers[0]");
  CHECK(loaded.problems[kProblemsMax - 1].path == "m.providers[999]");
  const std::string& last = loaded.problems.back().message;
  CHECK(loaded.problems.back().path.empty());
  CHECK(last.substr(0, 6) == "and 50");
  CHECK(last.find(" more like these") != std::string::npos);
}

TEST_CASE("a file that can't be read is one problem that names it") {
  const TemporaryFolder folder;
  const std::string none = folder.path() + "/none.json";
  CHECK(lines_of(texts_of(load_file(none, kNoVariables).problems)) ==
        "can't read " + none + ": No such file or directory\n");
  CHECK(lines_of(texts_of(load_file(folder.path(), kNoVariables).problems)) ==
        "can't read " + folder.path() + ": Is a directory\n");
  const std::string large = folder.write("large.json", std::string(kFileBytesMax + 1, ' '));
  CHECK(lines_of(texts_of(load_file(large, kNoVariables).problems)) ==
        "can't read " + large + ": larger than 16777216 bytes\n");
  CHECK(load_file(folder.write("good.json", with_global("")), kNoVariables).config != nullptr);
}

}  // TEST_SUITE

}  // namespace aigw::config
