#include "config/key_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "base/digest.h"
#include "base/zone.h"
#include "config/loading.h"
#include "config/temporary_folder.h"

namespace aigw::config {
namespace {

constexpr const char* kSecret = "0123456789abcdef";
constexpr const char* kOther = "fedcba9876543210";

struct Row {
  std::string text;
  std::string want;
};

std::string with_keys(const std::string& keys, const std::string& global = R"("admin_key": "an admin's key")") {
  return R"({"_global": {)" + global + R"(}, "_keys": )" + keys +
         R"(, "m": {"providers": [{"name": "p", "type": "mock"}]}})";
}

std::string with_key(const std::string& fields) { return with_keys(R"({"k": {)" + fields + "}}"); }

// Beside its secret, which is fine.
std::string with_setting(const std::string& field) {
  return with_key(R"("key": ")" + std::string(kSecret) + "\", " + field);
}

std::vector<Key> keys_of(const std::string& text, const Environment& environment = kNoVariables,
                         const std::string& warnings = "") {
  const Loaded loaded = load_text(text, environment);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  CHECK(lines_of(loaded.warnings) == warnings);
  REQUIRE(loaded.config != nullptr);
  return loaded.config->keys;
}

Key plain_key(const std::string& name, const std::string& secret) {
  Key key;
  key.name = name;
  key.digests = {{sha256_hex(secret), std::nullopt}};
  return key;
}

}  // namespace

TEST_SUITE("config/key_reader") {

TEST_CASE("a key's secret stands in the file, in one of its own, or as a digest") {
  const TemporaryFolder folder;
  const std::string file = folder.write("key", "from a file, 22 bytes\n");
  const std::string digest = sha256_hex("known to somebody else");
  std::string upper = digest;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const std::vector<Key> keys = keys_of(with_keys(R"({
      "z": {"key": " ${KEY}\n"}, "a": {"key_file": ")" + file + R"("}, "d": {"sha256": ")" + upper + R"("},
      "list": {"sha256": ["${DIGEST}", ")" + std::string(64, 'b') + R"("]}})"),
                                        with_variables({{"KEY", kSecret}, {"DIGEST", std::string(64, 'a')}}));
  REQUIRE(keys.size() == 4);
  CHECK(keys[0] == plain_key("z", kSecret));
  CHECK(keys[1] == plain_key("a", "from a file, 22 bytes"));
  CHECK(keys[2] == plain_key("d", "known to somebody else"));
  Key list;
  list.name = "list";
  list.digests = {{std::string(64, 'a'), std::nullopt}, {std::string(64, 'b'), std::nullopt}};
  CHECK(keys[3] == list);
}

TEST_CASE("every setting is read") {
  const Zone zone(kBerlin);
  const std::vector<Key> keys = keys_of(with_setting(R"("owner": "J\u00f6rg & S\u00f6hne",
      "models": ["gpt-*", "!*-pro"], "expires": "2026-12-31", "enabled": false, "role": "admin",
      "allowed_ips": ["10.0.0.0/8", "::1"], "choose_strategy": true, "limits": {"requests_per_minute": 2},
      "budget": [{"cost_per_period": 0.000000001, "period": "never"}, {"tokens_per_period": 3}])"));
  Key want = plain_key("k", kSecret);
  want.owner = "J\xC3\xB6rg & S\xC3\xB6hne";
  want.models.patterns = {"gpt-*", "!*-pro"};
  want.expires = at("2027-01-01 00:00 +01:00");
  want.enabled = false;
  want.role = Role::Admin;
  want.allowed_ips = {"10.0.0.0/8", "::1"};
  want.choose_strategy = true;
  want.limits.requests_per_minute = 2;
  want.budget = {{std::nullopt, std::nullopt, "0 0 * * *", "never", NanoDollars{1}},
                 {std::nullopt, 3, "0 0 * * *", "", std::nullopt}};
  CHECK(keys == std::vector<Key>{want});
}

TEST_CASE("null and empty settings are the defaults") {
  CHECK(keys_of(with_setting(R"("owner": "", "models": [], "expires": null, "allowed_ips": [], "limits": null,
                                "budget": null)")) == std::vector<Key>{plain_key("k", kSecret)});
}

TEST_CASE("a key expires at the end of a day, or at a time") {
  const Zone zone(kBerlin);
  for (const Row& row : {Row{"2026-03-28", "2026-03-29 00:00 +01:00"}, Row{"2026-03-29", "2026-03-30 00:00 +02:00"},
                         Row{"2026-12-31T18:00:00", "2026-12-31 18:00 +01:00"},
                         Row{"2026-12-31T18:00:00Z", "2026-12-31 18:00 +00:00"},
                         Row{"2026-12-31T18:00:30-03:30", "2026-12-31 18:00:30 -03:30"}}) {
    CAPTURE(row.text);
    CHECK(keys_of(with_setting(R"("expires": ")" + row.text + "\"")).at(0).expires == at(row.want));
  }
}

TEST_CASE("a key is refused with its path") {
  const std::string one_of = ": one of key, key_file and sha256 is required\n";
  const std::string exclude = ": key, key_file and sha256 exclude each other\n";
  const std::string digest = "expected the SHA-256 of a key, 64 hexadecimal digits\n";
  const std::string time =
      ".expires: expected a day like 2026-12-31, whose end is meant, or a time like 2026-12-31T18:00:00, with or "
      "without an offset like +01:00 or Z\n";
  const TemporaryFolder folder;
  const std::string short_file = folder.write("short", "five5\n");
  const Row rows[] = {
      {with_keys(R"({"k": 1})"), ": expected an object, got a number\n"},
      {with_key(""), one_of},
      {with_key(R"("sha256": null)"), ".sha256: expected a string, got null\n_keys.k" + one_of},
      {with_key(R"("key": "0123456789abcdef", "sha256": ")" + std::string(64, 'a') + "\""), exclude},
      {with_key(R"("key": "0123456789abcde")"),
       ".key: expected a key of at least 16 bytes, got 15; a shorter one can be guessed\n"},
      {with_key(R"("key": "")"), ".key: expected a key of at least 16 bytes, got 0; a shorter one can be guessed\n"},
      {with_key(R"("key": "0123456789\nabcdef")"), ".key: contains a control character\n"},
      {with_key(R"("key": 1234567890123456)"), ".key: expected a string, got a number\n"},
      {with_key(R"("key": "${KEY")"), ".key: ${ has no closing }; $${ is a literal ${\n"},
      {with_key(R"("key_file": ")" + short_file + "\""),
       ".key_file: expected a key of at least 16 bytes, got 5; a shorter one can be guessed\n"},
      {with_key(R"("sha256": "abc")"), ".sha256: " + digest},
      {with_key(R"("sha256": ")" + std::string(63, 'a') + "g\""), ".sha256: " + digest},
      {with_key(R"("sha256": [])"), ".sha256: at least one is required\n"},
      {with_key(R"("sha256": [")" + std::string(64, 'a') + R"(", "x", 1])"),
       ".sha256[1]: " + digest + "_keys.k.sha256[2]: expected a string, got a number\n"},
      {with_key(R"("sha256": {})"), ".sha256: expected a string, got an object\n"},
      {with_setting(R"("owner": "a/b")"), ".owner: an owner's name must not contain a slash\n"},
      {with_setting(R"("owner": "*")"),
       ".owner: \"*\" stands for all owners that are not listed; this is the name of one\n"},
      {with_setting(R"("owner": " a")"), ".owner: a name must not begin or end with a blank\n"},
      {with_setting(R"("owner": null)"), ".owner: expected a string, got null\n"},
      {with_setting(R"("models": "gpt-4o")"), ".models: expected an array, got a string\n"},
      {with_setting(R"("models": ["", "!", "a", "! b"])"),
       ".models[0]: a name must not be empty\n_keys.k.models[1]: a name must not be empty\n"
       "_keys.k.models[3]: a name must not begin or end with a blank\n"},
      {with_setting(R"("expires": "31.12.2026")"), time},
      {with_setting(R"("expires": "2026-02-30")"), time},
      {with_setting(R"("expires": "2026-12-31T18:00")"), time},
      {with_setting(R"("expires": 1798675200)"), ".expires: expected a string, got a number\n"},
      {with_setting(R"("enabled": "no")"), ".enabled: expected true or false, got a string\n"},
      {with_setting(R"("role": "root")"), ".role: unknown role \"root\", expected \"user\" or \"admin\"\n"},
      {with_setting(R"("role": "admn")"), ".role: unknown role \"admn\", did you mean \"admin\"?\n"},
      {with_setting(R"("allowed_ips": ["10.0.0.0/33"])"),
       ".allowed_ips[0]: the number after the slash must be from 0 to 32\n"},
      {with_setting(R"("choose_strategy": 1)"), ".choose_strategy: expected true or false, got a number\n"},
      {with_setting(R"("limits": {})"),
       ".limits: limits nothing: requests_per_minute, tokens_per_minute or max_concurrent is required\n"},
      {with_setting(R"("budget": {"cost_per_period": 0})"),
       ".budget.cost_per_period: expected a number of dollars from 0.000000001 to 1000000000 with at most nine "
       "decimals, got 0\n"},
      {with_setting(R"("name": "k")"), ".name: unknown field\n"},
      {with_setting(R"("modles": [])"), ".modles: unknown field, did you mean \"models\"?\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(row.text) == "_keys.k" + row.want);
  }
  CHECK(problems_of(with_keys("[]")) == "_keys: expected an object, got an array\n");
  CHECK(problems_of(with_keys(R"({"a b": {"key": "0123456789abcdef"}})")) ==
        "_keys[\"a b\"]: a key's name has 1 to 100 letters, digits or ._@-\n");
  CHECK(problems_of(with_keys(R"({"jwt": {"key": "0123456789abcdef"}})")) ==
        "_keys.jwt: the gateway uses this name itself\n");
}

TEST_CASE("a key that lacks a variable or its file is left out, with a warning if it is enabled") {
  const TemporaryFolder folder;
  const std::string empty = folder.write("empty", " \n");
  const std::string lines = folder.write("lines", "0123456789abcdef\n0123456789abcdef\n");
  const std::string unset = "environment variable NONE is not set";
  const Row rows[] = {
      {R"("key": "${NONE}")", unset},
      {R"("key": "${NONE}", "enabled": false)", ""},
      {R"("key": "${EMPTY}")", "environment variable EMPTY is empty"},
      {R"("key_file": "${NONE}")", unset},
      {R"("key_file": "/nonexistent/secret-path")", "key_file can't be read: No such file or directory"},
      {R"("key_file": ")" + empty + "\"", "key_file is empty"},
      {R"("key_file": ")" + lines + "\"", "key_file holds more than one line"},
      {R"("sha256": ["${NONE}", ")" + std::string(64, 'a') + "\"]", unset},
      // What would only be wider without its limits is left out, too.
      {R"("key": "0123456789abcdef", "models": ["${NONE}"])", unset},
      {R"("key": "0123456789abcdef", "allowed_ips": ["${NONE}"])", unset},
      {R"("key": "0123456789abcdef", "expires": "${NONE}")", unset},
      {R"("key": "0123456789abcdef", "budget": {"requests_per_period": 1, "period": "${NONE}"})", unset},
      {R"("key": "${NONE}", "owner": "${EMPTY}")", unset + "; environment variable EMPTY is empty"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string text = with_keys(R"({"k": {)" + row.text + R"(}, "other": {"key": "fedcba9876543210"}})");
    const std::string warning = row.want.empty() ? "" : "_keys.k is unavailable: " + row.want + "\n";
    CHECK(keys_of(text, with_variables({{"EMPTY", ""}}), warning) == std::vector<Key>{plain_key("other", kOther)});
  }
}

TEST_CASE("keys that are all left out do not open the gateway") {
  const std::string keys = R"({"k": {"key": "${NONE}"}, "l": {"key": "${NONE}"}})";
  const std::string refused =
      "_keys: none of these keys can be used, and without any the gateway would be open to everybody\n";
  CHECK(problems_of(with_keys(keys)) == refused);
  CHECK(problems_of(with_keys(keys, "")) == refused);
  CHECK(problems_of(with_keys(keys, R"("api_key": "k")")) == "");
  CHECK(problems_of(with_keys(keys, R"("jwt": {"issuer": "i", "audience": "a", "jwks_file": "x"})")) == "");
  CHECK(problems_of(with_keys("{}")) == "");
}

TEST_CASE("a secret stands for one key") {
  const std::string digest = sha256_hex(kSecret);
  struct Clash {
    std::string global;
    std::string keys;
    std::string want;
  };
  const Clash rows[] = {
      {"", R"({"a": {"key": "0123456789abcdef"}, "b": {"key": " 0123456789abcdef\n"}})",
       "_keys.b: has the same secret as _keys.a\n"},
      {"", R"({"a": {"sha256": ")" + digest + R"("}, "b": {"key": "0123456789abcdef", "enabled": false}})",
       "_keys.b: has the same secret as _keys.a\n"},
      {"", R"({"a": {"sha256": [")" + digest + "\", \"" + digest + "\"]}}", "_keys.a: has the same secret twice\n"},
      {R"("api_key": "0123456789abcdef")", R"({"a": {"key": "0123456789abcdef"}})",
       "_keys.a: has the same secret as _global.api_key\n"},
      {R"("api_key": "x", "admin_key": "0123456789abcdef")", R"({"a": {"sha256": ")" + digest + "\"}}",
       "_keys.a: has the same secret as _global.admin_key\n"},
      {R"("api_key": "x", "admin_key": "x")", R"({"a": {"key": "0123456789abcdef"}})", ""},
  };
  for (const Clash& row : rows) {
    CAPTURE(row.global);
    CAPTURE(row.keys);
    CHECK(problems_of(with_keys(row.keys, row.global)) == row.want);
  }
}

TEST_CASE("settings that come at run time make a key without digests") {
  const Zone zone(kUtc);
  const KeyRead read = read_key_settings("laptop", R"({"owner": "ada", "models": ["gpt-*"], "expires": "2026-12-31",
      "role": "admin", "budget": {"cost_per_period": 5, "period": "never"}})");
  CHECK(lines_of(texts_of(read.problems)) == "");
  REQUIRE(read.key.has_value());
  Key want;
  want.name = "laptop";
  want.owner = "ada";
  want.models.patterns = {"gpt-*"};
  want.expires = at("2027-01-01 00:00 +00:00");
  want.role = Role::Admin;
  want.budget = {{std::nullopt, std::nullopt, "0 0 * * *", "never", 5 * kDollar}};
  CHECK(*read.key == want);
  Key plain;
  plain.name = "k";
  CHECK(read_key_settings("k", "{}").key == plain);
}

TEST_CASE("settings that come at run time read no variable") {
  const char* const variable = "PATH";  // set in every process
  const std::string text = "${" + std::string(variable) + "}";
  const KeyRead read = read_key_settings(
      "k", R"({"owner": ")" + text + R"(", "models": ["!)" + text + R"(", "${A:-b}", "$${c}", "${", "${-}"]})");
  CHECK(lines_of(texts_of(read.problems)) == "");
  REQUIRE(read.key.has_value());
  CHECK(read.key->owner == text);
  CHECK(read.key->models.patterns == std::vector<std::string>{"!" + text, "${A:-b}", "$${c}", "${", "${-}"});
  for (const char* field : {"expires", "allowed_ips", "budget"}) {
    const std::string written = "\"${NONE:-2026-12-31}\"";
    const std::string value = std::string(field) == "expires" ? written
                              : std::string(field) == "budget"
                                  ? R"({"requests_per_period": 1, "period": "${NONE:-5h}"})"
                                  : R"(["${NONE:-::1}"])";
    CAPTURE(value);
    CHECK_FALSE(read_key_settings("k", "{\"" + std::string(field) + "\": " + value + "}").problems.empty());
  }
}

TEST_CASE("settings that come at run time are refused with their path, and bring no secret") {
  struct Bad {
    std::string name;
    std::string json;
    std::string want;
  };
  const Bad rows[] = {
      {"a b", "{}", "name: a key's name has 1 to 100 letters, digits or ._@-\n"},
      {"api_key", R"({"role": 1})",
       "name: the gateway uses this name itself\nrole: expected a string, got a number\n"},
      {"k", "[]", "expected an object, got an array\n"},
      {"k", R"({"key": "0123456789abcdef"})", "key: unknown field\n"},
      {"k", R"({"key_file": "/etc/passwd"})", "key_file: unknown field\n"},
      {"k", R"({"sha256": "0"})", "sha256: unknown field\n"},
      {"k", R"({"role": "user", "role": "admin"})", "role: this field is written twice\n"},
      {"k", R"({"budget": {"cost_per_period": 0.0000000001}})",
       "budget.cost_per_period: expected a number of dollars from 0.000000001 to 1000000000 with at most nine "
       "decimals, got 0.0000000001\n"},
  };
  for (const Bad& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.json);
    const KeyRead read = read_key_settings(row.name, row.json);
    CHECK_FALSE(read.key.has_value());
    CHECK(lines_of(texts_of(read.problems)) == row.want);
  }
  CHECK_FALSE(read_key_settings("k", "{").problems.empty());
  CHECK_FALSE(read_key_settings("k", std::string(100, '[')).problems.empty());
}

}  // TEST_SUITE

}  // namespace aigw::config
