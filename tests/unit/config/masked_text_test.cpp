#include "config/masked_text.h"

#include <doctest/doctest.h>

#include <map>
#include <regex>
#include <set>

#include "base/text.h"
#include "config/document.h"
#include "config/fields.h"
#include "config/secret_rules.h"

namespace aigw::config {
namespace {

// `~` stands for the mask in the texts below.
std::string with_masks(std::string text) {
  for (std::size_t at = text.find('~'); at != std::string::npos; at = text.find('~', at + kMask.size())) {
    text.replace(at, 1, kMask);
  }
  return text;
}

// What comes back, or the problems as `path@line:column`.
std::string restored(const std::string& edited, std::string_view original) {
  const Unmasked unmasked = unmasked_text(with_masks(edited), original);
  std::string problems;
  for (const Problem& problem : unmasked.problems) {
    REQUIRE(problem.place);
    problems += problem.path + "@" + std::to_string(problem.place->line) + ":" +
                std::to_string(problem.place->column) + " ";
  }
  return problems.empty() ? unmasked.text : problems;
}

TEST_SUITE("config/masked_text") {
  TEST_CASE("secrets are masked, and nothing else is changed") {
    struct Row {
      std::string text, want;
    };
    for (const Row& row : {
             Row{R"({"_global": {"api_key": "abc", "admin_key" : "def"}})",
                 R"({"_global": {"api_key": "~", "admin_key" : "~"}})"},
             Row{R"({"_keys": {"key": {"key": "abc", "owner": "key"}}})",
                 R"({"_keys": {"key": {"key": "~", "owner": "key"}}})"},
             Row{R"({"_global": {"jwt": {"secret": "abc", "issuer": "https://id"}}})",
                 R"({"_global": {"jwt": {"secret": "~", "issuer": "https://id"}}})"},
             Row{R"({"token": {"providers": [{"name": "a", "api_key": "abc"}]}})",
                 R"({"token": {"providers": [{"name": "a", "api_key": "~"}]}})"},
             Row{R"({"_providers": {"a": {"custom_headers": {"X-A": "b", "X-B": "${B}", "X-C": "Bearer ${C}"}}}})",
                 R"({"_providers": {"a": {"custom_headers": {"X-A": "~", "X-B": "${B}", "X-C": "Bearer ${C}"}}}})"},
             Row{R"({"_global": {"webhooks": [{"url": "https://a.example/T0?x", "token": "t", "headers": {"A": "b"}}]}})",
                 R"({"_global": {"webhooks": [{"url": "https://a.example/~", "token": "~", "headers": {"A": "~"}}]}})"},
             Row{R"({"_global": {"webhooks": [{"url": "${HOOK}"}, {"url": "https://ntfy.example"}]}})",
                 R"({"_global": {"webhooks": [{"url": "${HOOK}"}, {"url": "https://ntfy.example"}]}})"},
             Row{R"({"a": {"proxy": "http://user:p@ss@proxy:3128/x"}})",
                 R"({"a": {"proxy": "http://~@proxy:3128/x"}})"},
             Row{R"({"a": {"redis": "redis:\/\/:p%40ss@[::1]:6379\/0"}})",
                 R"({"a": {"redis": "redis://~@[::1]:6379/0"}})"},
             Row{R"({"a": {"proxy": "http://${U}${P}@proxy"}})", R"({"a": {"proxy": "http://${U}${P}@proxy"}})"},
             Row{R"({"a": {"endpoint": "https://x.example/v1?key=abc&api-version=1&api-key=c"}})",
                 R"({"a": {"endpoint": "https://x.example/v1?key=~&api-version=1&api-key=~"}})"},
             Row{R"({"a": {"reply": "Look at https://x.example or ask ada@x.example"}})",
                 R"({"a": {"reply": "Look at https://x.example or ask ada@x.example"}})"},
             Row{R"({"_global": {"api_key": "${KEY}", "admin_key": "${KEY:-}"}})",
                 R"({"_global": {"api_key": "${KEY}", "admin_key": "${KEY:-}"}})"},
             Row{R"({"_global": {"api_key": "${KEY:-abc}", "admin_key": "$${KEY}"}})",
                 R"({"_global": {"api_key": "~", "admin_key": "~"}})"},
             Row{R"({"_global": {"api_key": "", "admin_key": null}})",
                 R"({"_global": {"api_key": "", "admin_key": null}})"},
             Row{R"({"_global": {"api_key": 123456, "admin_key": ["abc", "def"]}})",
                 R"({"_global": {"api_key": "~", "admin_key": ["~", "~"]}})"},
             Row{R"({"a": {"\u0061pi_key": "\"\\"}})", R"({"a": {"\u0061pi_key": "~"}})"},
             Row{R"({"a": {"api_key_file": "/run/secrets/a"}})", R"({"a": {"api_key_file": "/run/secrets/a"}})"},
             Row{"\xEF\xBB\xBF{\r\n\t\"_global\": { // the \"key\"\r\n \"api_key\": \"abc\" }, /* x */ }\r\n",
                 "\xEF\xBB\xBF{\r\n\t\"_global\": { // the \"key\"\r\n \"api_key\": \"~\" }, /* x */ }\r\n"},
             // In comments.
             Row{"{} // \"api_key\": \"abc\", \"name\": \"a\"", "{} // \"api_key\": \"~\", \"name\": \"a\""},
             Row{"{} // the old one: sk-0123456789", "{} // the old one: ~"},
             Row{"{\n//  \"custom_headers\": { \"X-A\": \"abc\" },\n}",
                 "{\n//  \"custom_headers\": { \"X-A\": \"~\" },\n}"},
             Row{"{ /* { // \"key\": \"abc\"\n \"token\": \"def\" } */ }",
                 "{ /* { // \"key\": \"~\"\n \"token\": \"~\" } */ }"},
             Row{"{} /* \"token\": \"abc */", "{} /* \"token\": \"~\"*/"}, Row{"{} /***/ /**//*/", "{} /***/ /**//*/"},
             Row{"{} /* \"token\": // \"key\": \"abc\"\n */", "{} /* \"token\": // \"key\": \"~\"\n */"},
             Row{"{\n//  { \"url\": \"https://a.example/T0/x\", \"events\": [\"disk_full\"] },\n}",
                 "{\n//  { \"url\": \"https://a.example/~\", \"events\": [\"disk_full\"] },\n}"},
             Row{"{} // see https://a.example/docs", "{} // see https://a.example/docs"},
             Row{"{} // 1 // 2 // 3 // \"key\": \"abc\"", "{} // 1 // 2 // 3 // \"key\": \"~\""},
             Row{"{} //1//2//3//4//5//6//7//8// \"key\": \"abc\"", "{} //1//2//3//4//5//6//7//8~"},
             // Broken.
             Row{R"({"a": {"api_key": "abc)", R"({"a": {"api_key": "~")"}, 
             Row{R"("api_key": "abc"} } "key": "def")", R"("api_key": "~"} } "key": "~")"},
             Row{R"({"a": [ {"api_key": "abc" } }, "b": {"api_key": "def"})",
                 R"({"a": [ {"api_key": "~" } }, "b": {"api_key": "~"})"},
             Row{R"({"api_key": sk-abc, "key": 'abc', "token": [true, abc], "enabled": tru})",
                 R"({"api_key": "~", "key": "~", "token": [true, "~"], "enabled": tru})"},
             Row{R"({"api_key" "abc"})", R"({"api_key" "~"})"}, Row{"", ""}, Row{"{", "{"}, Row{"\"", "\""},
             Row{"/", "/"}, Row{"[1, 2", "[1, 2"},
         }) {
      CAPTURE(row.text);
      CHECK(masked_text(row.text) == with_masks(row.want));
    }
  }

  TEST_CASE("no field for a secret is forgotten") {
    // Those that sound like one, and are none.
    const std::set<std::string> harmless = {
        "api_key_file", "key_file", "public_key", "public_key_file", "first_token_timeout"};
    const std::regex sounding("key|secret|token(?!s)|password|header");
    for (int object = 0; object <= static_cast<int>(Object::Webhook); ++object) {
      for (const std::string& name : known_fields(static_cast<Object>(object))) {
        if (!std::regex_search(name, sounding) || harmless.count(name) != 0) continue;
        CAPTURE(name);
        const bool hidden = shown_value({"a", name}, "abc") == kMask || shown_value({"a", name, "X"}, "abc") == kMask;
        CHECK(hidden);
      }
    }
  }

  TEST_CASE("a text that comes back as it was shown is the original") {
    const std::string original = R"({
  // "api_key": "old",
  "_global": { "api_key": "abc", "admin_key": "d\u0065f", "redis": "redis:\/\/:p@h",
    "webhooks": [ { "url": "https://a/1", "events": [] }, { "url": "https://a/2", "events": [] } ] },
  "gpt": { "providers": [ { "name": "a", "api_key": "ka", "custom_headers": { "X": "y" } },
                          { "name": "b", "api_key": 5 } ] }
})";
    const std::string shown = masked_text(original);
    for (const char* secret : {"old", "abc", "d\\u0065f", "p@h", "https://a/1", "ka", "\"y\"", "5"}) {
      CAPTURE(secret);
      CHECK_FALSE(contains(shown, secret));
    }
    const Unmasked back = unmasked_text(shown, original);
    CHECK(back.problems.empty());
    CHECK(back.text == original);
  }

  TEST_CASE("a secret comes back at its own place, and nowhere else") {
    constexpr std::string_view kOriginal =
        R"({"a": {"providers": [{"name": "x", "api_key": "kx"}, {"name": "y", "api_key": "ky"}]}})";
    struct Row {
      std::string name, edited, want;
    };
    for (const Row& row : {
             Row{"order", R"({"a": {"providers": [{"api_key": "~", "name": "y"}, {"name": "x", "api_key": "~"}]}})",
                 R"({"a": {"providers": [{"api_key": "ky", "name": "y"}, {"name": "x", "api_key": "kx"}]}})"},
             Row{"one gone", R"({"a": {"providers": [{"name": "y", "weight": 1, "api_key": "~"}]}})",
                 R"({"a": {"providers": [{"name": "y", "weight": 1, "api_key": "ky"}]}})"},
             Row{"a new secret", R"({"a": {"providers": [{"name": "y", "api_key": "new"}]}})",
                 R"({"a": {"providers": [{"name": "y", "api_key": "new"}]}})"},
             Row{"a new one before",
                 R"({"a": {"providers": [{"name": "z", "api_key": "kz"}, {"name": "x", "api_key": "~"}]}})",
                 R"({"a": {"providers": [{"name": "z", "api_key": "kz"}, {"name": "x", "api_key": "kx"}]}})"},
             Row{"another name",
                 R"({"a": {"providers": [{"name": "z", "api_key": "~"}]}})", "a.providers[0].api_key@1:36 "},
             Row{"another model",
                 R"({"b": {"providers": [{"name": "x", "api_key": "~"}]}})", "b.providers[0].api_key@1:36 "},
             Row{"another field",
                 R"({"a": {"providers": [{"name": "x", "endpoint": "~"}]}})", "a.providers[0].endpoint@1:36 "},
             Row{"a name twice",
                 R"({"a": {"providers": [{"name": "x", "api_key": "~"}, {"name": "x", "api_key": "~"}]}})",
                 R"({"a": {"providers": [{"name": "x", "api_key": "kx"}, {"name": "x", "api_key": "kx"}]}})"},
             Row{"a mask with more",
                 R"({"a": {"providers": [{"name": "x", "api_key": "~x"}]}})", "a.providers[0].api_key@1:36 "},
             Row{"a mask in a new comment", "{} // ~", "@1:4 "},
         }) {
      CAPTURE(row.name);
      CHECK(restored(row.edited, kOriginal) == row.want);
    }
  }

  TEST_CASE("entries without a name are told by what else they say") {
    constexpr std::string_view kHooks =
        R"({"_global": {"webhooks": [{"url": "https://a/1", "format": "slack"}, )"
        R"({"url": "https://a/2", "format": "ntfy"}, {"url": "https://b/3", "format": "json"}]}})";
    const auto edited = [](const std::string& hooks) { return "{\"_global\": {\"webhooks\": [" + hooks + "]}}"; };
    const std::string slack = R"({"url": "https://a/~", "format": "slack"})";
    const std::string ntfy = R"({"url": "https://a/~", "format": "ntfy"})";
    const std::string json = R"({"url": "https://b/~", "format": "json"})";
    const std::string was_slack = R"({"url": "https://a/1", "format": "slack"})";
    const std::string was_ntfy = R"({"url": "https://a/2", "format": "ntfy"})";
    const std::string was_json = R"({"url": "https://b/3", "format": "json"})";
    struct Row {
      std::string name, edited, want;
    };
    for (const Row& row : {
             Row{"order", json + ", " + slack + ", " + ntfy, edited(was_json + ", " + was_slack + ", " + was_ntfy)},
             Row{"one gone", ntfy + ", " + json, edited(was_ntfy + ", " + was_json)},
             Row{"one edited", slack + R"(, {"url": "https://a/~", "format": "gotify"}, )" + json,
                 edited(was_slack + R"(, {"url": "https://a/2", "format": "gotify"}, )" + was_json)},
             Row{"two edited",
                 R"({"url": "https://a/~", "format": "x"}, )"
                 R"({"url": "https://a/~", "format": "y"}, )" + json,
                 "_global.webhooks[0].url@1:28 _global.webhooks[1].url@1:74 "},
             Row{"another host", R"({"url": "https://evil/~", "format": "slack"}, )" + ntfy + ", " + json,
                 "_global.webhooks[0].url@1:28 "},
         }) {
      CAPTURE(row.name);
      CHECK(restored(edited(row.edited), kHooks) == row.want);
    }
  }

  TEST_CASE("entries that are shown alike stay in their order, and are not guessed when one is gone") {
    constexpr std::string_view kHooks = R"({"webhooks": [{"url": "https://a/1"}, {"url": "https://a/2"}]})";
    CHECK(restored(R"({"webhooks": [{"url": "https://a/~"}, {"url": "https://a/~"}]})", kHooks) == kHooks);
    CHECK(restored(R"({"webhooks": [{"url": "https://a/~"}]})", kHooks) == "webhooks[0].url@1:16 ");
  }

  TEST_CASE("text that only looks like a mask stays where it was") {
    const std::string text = with_masks(R"({"a": {"mock": {"reply": "~"}, "x": "~"}} // ~)");
    CHECK(restored(text, text) == text);
  }

  TEST_CASE("any text is taken, however deep or torn") {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "{\"api_key\":[";
    CHECK(masked_text(deep).size() >= deep.size());
    std::string comments;
    for (int i = 0; i < 1'000; ++i) comments += "/ /* // ";
    CHECK_FALSE(masked_text(comments).empty());
    const std::string sound = "{\"a\": {\"api_key\": \"abc\", \"b\": [1, {\"c\": \"\\u00e4\"}]}} // \"key\": \"x\"";
    for (std::size_t cut = 0; cut <= sound.size(); ++cut) {
      CAPTURE(cut);
      const std::string torn = sound.substr(0, cut);
      const Unmasked back = unmasked_text(masked_text(torn), torn);
      CHECK(back.problems.empty());
    }
  }
}

}  // namespace
}  // namespace aigw::config
