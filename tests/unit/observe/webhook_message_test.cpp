#include "observe/webhook_message.h"

#include <algorithm>
#include <cstddef>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/timestamp.h"

namespace aigw::observe {
namespace {

using config::AlertEvent;
using config::WebhookFormat;

const WallTime kAt{std::chrono::seconds(1'795'269'600)};

config::Webhook webhook(WebhookFormat format, const std::string& url, const std::string& token = "") {
  config::Webhook webhook;
  webhook.format = format;
  webhook.url = Secret(url);
  webhook.token = Secret(token);
  return webhook;
}

WebhookMessage message_of(const Alert& alert, const config::Webhook& to) {
  const Result<WebhookMessage> message = webhook_message(alert, to);
  REQUIRE(message.has_value());
  return *message;
}

nlohmann::json body_of(const Alert& alert, WebhookFormat format, const std::string& url = "https://a.example/hook") {
  return nlohmann::json::parse(message_of(alert, webhook(format, url)).body);
}

Alert quota_alert() {
  return level_reached(AlertEvent::Quota80, {"provider", "openai", "gpt-4o"},
                       {Alert::Level::Unit::Dollars, 4'100'000'000, 5'000'000'000, "0 0 * * *"}, kAt);
}

// Of UTF-8.
std::ptrdiff_t characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

Alert named(const std::string& name) { return provider_down({"provider", name, "m"}, "", kAt); }

}  // namespace

TEST_SUITE("observe/webhook_message") {

TEST_CASE("json has everything, as fields") {
  const nlohmann::json want = {
      {"event", "quota_80"},
      {"severity", "warning"},
      {"time", format_timestamp(kAt)},
      {"title", "Provider openai of gpt-4o has used 80 % of its quota"},
      {"text", "Used: 4.1 of 5 dollars (period 0 0 * * *)."},
      {"subject", {{"kind", "provider"}, {"name", "openai"}, {"model", "gpt-4o"}}},
      {"level", {{"unit", "dollars"}, {"used", 4.1}, {"limit", 5.0}, {"period", "0 0 * * *"}}},
      {"gateway", {{"version", GATEWAY_VERSION}}}};
  CHECK(body_of(quota_alert(), WebhookFormat::Json) == want);
  const nlohmann::json full = body_of(disk_full(kAt), WebhookFormat::Json);
  CHECK(full.at("subject") == nlohmann::json{{"kind", "gateway"}, {"name", nullptr}, {"model", nullptr}});
  CHECK(full.at("level") == nullptr);
  CHECK(full.at("severity") == "problem");
}

TEST_CASE("every alert says what it is about") {
  const auto title_and_text = [](const Alert& alert) { return alert.title + "\n" + alert.text; };
  CHECK(title_and_text(provider_down({"provider", "a", "m"}, "503 busy\r\nSet-Cookie: x", kAt)) ==
        "Provider a of m is down\nIt failed three times or more in a row, at last: 503 busy\\r\\nSet-Cookie: x.");
  CHECK(title_and_text(provider_up({"provider", "a", "m"}, kAt)) ==
        "Provider a of m is up again\nIt has answered a request.");
  CHECK(title_and_text(level_reached(AlertEvent::QuotaExhausted, {"account", "acc", ""},
                                     {Alert::Level::Unit::Tokens, 120, 100, "5h"}, kAt)) ==
        "Account acc has used up its quota\nUsed: 120 of 100 tokens (period 5h).");
  CHECK(title_and_text(level_reached(AlertEvent::Budget80, {"key", "laptop", ""},
                                     {Alert::Level::Unit::Requests, 8, 10, "never"}, kAt)) ==
        "Key laptop has used 80 % of its budget\nUsed: 8 of 10 requests (period never).");
  CHECK(title_and_text(level_reached(AlertEvent::BudgetExhausted, {"owner", "ada", ""},
                                     {Alert::Level::Unit::Dollars, 10'500'000'000, 10'000'000'000, ""}, kAt)) ==
        "Owner ada has used up its balance\nUsed: 10.5 of 10 dollars of the balance.");
  CHECK(title_and_text(reload_failed({{"a.b", "is wrong"}}, kAt)) ==
        "The new configuration has 1 problem\nThe old configuration stays in force.\na.b: is wrong");
  const Alert many = reload_failed(std::vector<config::Problem>(5, {"a", "b"}), kAt);
  CHECK(many.text == "The old configuration stays in force.\na: b\na: b\na: b\n… and 2 more");
}

TEST_CASE("Slack gets its three control characters escaped, and no markup") {
  const nlohmann::json body = body_of(named("<!channel> & *b*"), WebhookFormat::Slack);
  CHECK(body == nlohmann::json{{"text", "🔴 Provider &lt;!channel&gt; &amp; *b* of m is down\nIt failed three times or "
                                        "more in a row."},
                               {"mrkdwn", false}});
}

TEST_CASE("Discord gets Markdown escaped, and may ring nobody") {
  const nlohmann::json body = body_of(named("@everyone [x](http://y) `z`"), WebhookFormat::Discord);
  CHECK(body.at("allowed_mentions") == nlohmann::json{{"parse", nlohmann::json::array()}});
  const nlohmann::json& embed = body.at("embeds").at(0);
  CHECK(embed.at("title") == "🔴 Provider \\@everyone \\[x\\]\\(http\\://y\\) \\`z\\` of m is down");
  CHECK(embed.at("description") == "It failed three times or more in a row.");
  CHECK(embed.at("color") == 0xc62828);
  CHECK(embed.at("timestamp") == format_timestamp(kAt));
}

TEST_CASE("ntfy is published to at its root, the topic as a field") {
  const WebhookMessage message =
      message_of(named("ü\"\n"), webhook(WebhookFormat::Ntfy, "http://lan:8080/push/my-topic", "tk_1"));
  CHECK(message.address.target == "/push/");
  CHECK(message.headers.get("Authorization") == "Bearer tk_1");
  CHECK(nlohmann::json::parse(message.body) ==
        nlohmann::json{{"topic", "my-topic"},
                       {"title", "Provider ü\"\n of m is down"},
                       {"message", "It failed three times or more in a row."},
                       {"priority", 4},
                       {"tags", {"rotating_light"}}});
}

TEST_CASE("Gotify gets plain text at /message, wherever its server is") {
  const nlohmann::json body = body_of(quota_alert(), WebhookFormat::Gotify);
  CHECK(body == nlohmann::json{{"title", "Provider openai of gpt-4o has used 80 % of its quota"},
                               {"message", "Used: 4.1 of 5 dollars (period 0 0 * * *)."},
                               {"priority", 5},
                               {"extras", {{"client::display", {{"contentType", "text/plain"}}}}}});
  struct Row {
    const char* url;
    const char* target;
  };
  for (const Row& row : {Row{"http://lan", "/message"}, Row{"http://lan/", "/message"},
                         Row{"http://lan/g/", "/g/message"}, Row{"http://lan/message", "/message"},
                         Row{"http://lan/g?token=A", "/g/message?token=A"}}) {
    CAPTURE(row.url);
    const WebhookMessage message = message_of(quota_alert(), webhook(WebhookFormat::Gotify, row.url, "A1"));
    CHECK(message.address.target == row.target);
    CHECK(message.headers.get("X-Gotify-Key") == "A1");
    CHECK_FALSE(message.headers.has("Authorization"));
  }
}

TEST_CASE("header fields of the config come last") {
  config::Webhook to = webhook(WebhookFormat::Json, "http://lan/x?a=b");
  CHECK_FALSE(message_of(quota_alert(), to).headers.has("Authorization"));
  to.headers = {{"user-agent", Secret("mine")}, {"X-A", Secret("b")}};
  const WebhookMessage message = message_of(quota_alert(), to);
  CHECK(message.address.target == "/x?a=b");
  CHECK(message.headers.get("Content-Type") == "application/json");
  CHECK(message.headers.get("User-Agent") == "mine");
  CHECK(message.headers.get("X-A") == "b");
}

TEST_CASE("whatever stands in names and reasons, a message stays within the receivers' limits and is UTF-8") {
  for (const std::string& piece : {std::string("*"), std::string("&"), std::string("😀"), std::string("\xff")}) {
    std::string long_text;
    while (long_text.size() < 3'000) long_text += piece;
    const Alert alert = provider_down({"provider", long_text, long_text}, long_text, kAt);
    const nlohmann::json discord = body_of(alert, WebhookFormat::Discord).at("embeds").at(0);
    CHECK(characters(discord.at("title").get<std::string>()) <= 256);
    CHECK(discord.at("description").get<std::string>().size() <= 4'096);
    CHECK(body_of(alert, WebhookFormat::Slack).at("text").get<std::string>().size() <= 10'000);
    const std::string url = "https://ntfy.sh/t";
    CHECK(body_of(alert, WebhookFormat::Ntfy, url).at("message").get<std::string>().size() <= 4'096);
    CHECK(message_of(alert, webhook(WebhookFormat::Ntfy, url)).body.size() <= 4'096);
  }
}

}  // TEST_SUITE

}  // namespace aigw::observe
