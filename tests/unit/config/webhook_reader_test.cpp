#include "config/webhook_reader.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {
namespace {

std::string with_webhook(const std::string& fields) { return with_global("\"webhooks\": [{" + fields + "}]"); }

std::vector<Webhook> webhooks_of(const std::string& text, const Environment& environment = kNoVariables) {
  const Loaded loaded = load_text(text, environment);
  CHECK(lines_of(texts_of(loaded.problems)) == "");
  REQUIRE(loaded.config != nullptr);
  return loaded.config->global.webhooks;
}

}  // namespace

TEST_SUITE("config/webhook_reader") {

TEST_CASE("what is not said: all events, as JSON, without a token") {
  const auto webhooks = webhooks_of(with_webhook(R"("url": "http://ops.lan/hook/?a=b")"));
  REQUIRE(webhooks.size() == 1);
  CHECK(webhooks[0].url.reveal() == "http://ops.lan/hook/?a=b");
  CHECK(webhooks[0].events.size() == 8);
  CHECK(webhooks[0].format == WebhookFormat::Json);
  CHECK(webhooks[0].headers.empty());
  CHECK(webhooks[0].token.empty());
}

TEST_CASE("everything that can be said is read, with variables") {
  const auto webhooks = webhooks_of(
      with_webhook(R"("url": "https://${HOST}/alerts", "events": ["disk_full", "provider_down"], "format": "ntfy",
                      "headers": {"X-Title": "${TITLE}"}, "token": "${TOKEN}")"),
      with_variables({{"HOST", "ntfy.lan"}, {"TITLE", "gateway"}, {"TOKEN", "tk_1"}}));
  REQUIRE(webhooks.size() == 1);
  Webhook want;
  want.url = Secret("https://ntfy.lan/alerts");
  want.events = {AlertEvent::ProviderDown, AlertEvent::DiskFull};
  want.format = WebhookFormat::Ntfy;
  want.headers = {{"X-Title", Secret("gateway")}};
  want.token = Secret("tk_1");
  CHECK(webhooks[0] == want);
}

TEST_CASE("what can't work is a problem, which does not repeat the URL") {
  struct Row {
    const char* fields;
    const char* problem;
  };
  for (const Row& row : {
           Row{R"("format": "json")", R"(_global.webhooks[0]: "url" is required)"},
           Row{R"("url": "ftp://SECRET")", "_global.webhooks[0].url: a URL must begin with http:// or https://"},
           Row{R"("url": "http://a/SECRET#b")", "_global.webhooks[0].url: a URL must not contain a fragment (#...)"},
           Row{R"("url": "${HOOK}")", "_global.webhooks[0].url: environment variable HOOK is not set"},
           Row{R"("url": "http://a/SECRET", "format": "irc")",
               R"(_global.webhooks[0].format: unknown format "irc", expected "json" or "slack" or "discord" or )"
               R"("ntfy" or "gotify")"},
           Row{R"("url": "http://a/SECRET", "events": ["provider_dwn"])",
               R"(_global.webhooks[0].events[0]: unknown event "provider_dwn", did you mean "provider_down"?)"},
           Row{R"("url": "http://a/SECRET", "events": [])", "_global.webhooks[0].events: at least one is required"},
           Row{R"("url": "http://a/SECRET", "headers": {"Host": "b"})",
               "_global.webhooks[0].headers.Host: this header is set by the gateway"},
           Row{R"("url": "https://hooks.slack.com/SECRET", "format": "slack", "token": "SECRET")",
               "_global.webhooks[0]: a webhook of format slack has no token: its URL is the credential"},
           Row{R"("url": "http://a/SECRET", "token": "SECRET", "headers": {"authorization": "SECRET"})",
               R"(_global.webhooks[0]: "token" and the header Authorization exclude each other)"},
           Row{R"("url": "https://ntfy.sh", "format": "ntfy")",
               "_global.webhooks[0]: an ntfy URL ends with its topic, letters, digits, - and _, like "
               "https://ntfy.sh/my-topic"},
           Row{R"("url": "http://gotify.lan", "format": "gotify")",
               R"(_global.webhooks[0]: Gotify asks for the token of an application: "token" is required)"},
       }) {
    CAPTURE(row.fields);
    const std::string problems = problems_of(with_webhook(row.fields));
    CHECK(problems == std::string(row.problem) + "\n");
    CHECK(problems.find("SECRET") == std::string::npos);
  }
  CHECK(problems_of(with_global(R"("webhooks": {"url": "http://a"})")) ==
        "_global.webhooks: expected an array, got an object\n");
}

TEST_CASE("twenty webhooks are enough") {
  const auto file = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += std::string(i == 0 ? "" : ", ") + R"({"url": "http://a"})";
    return with_global("\"webhooks\": [" + list + "]");
  };
  CHECK(problems_of(file(20)) == "");
  CHECK(problems_of(file(21)) == "_global.webhooks: expected at most 20 webhooks\n");
}

TEST_CASE("of a webhook only scheme and host are shown") {
  Webhook webhook;
  webhook.url = Secret("https://hooks.slack.com:8443/services/SECRET?token=SECRET");
  CHECK(shown_address(webhook) == "https://hooks.slack.com:8443");
}

TEST_CASE("an ntfy URL is the server and a topic") {
  struct Row {
    const char* url;
    const char* target;
    const char* topic;
  };
  for (const Row& row : {Row{"https://ntfy.sh/my-topic", "/", "my-topic"},
                         Row{"http://lan/push/ntfy/a_B1", "/push/ntfy/", "a_B1"},
                         Row{"https://ntfy.sh/t?auth=abc/d", "/?auth=abc/d", "t"}}) {
    CAPTURE(row.url);
    const auto address = ntfy_address(row.url);
    REQUIRE(address);
    CHECK(address->server.target == row.target);
    CHECK(address->topic == row.topic);
  }
  for (const char* const url : {"https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a.b", "https://ntfy.sh/t/",
                                "https://ntfy.sh/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    CAPTURE(url);
    CHECK_FALSE(ntfy_address(url));
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
