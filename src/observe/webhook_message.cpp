#include "observe/webhook_message.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "base/money.h"
#include "base/text.h"
#include "base/timestamp.h"

namespace aigw::observe {
namespace {

using WebhookJson = nlohmann::ordered_json;

constexpr std::size_t kAlertTitleBytesMax = 160;
constexpr std::size_t kAlertTextBytesMax = 1'500;

// What receivers make of how bad it is.
struct Look {
  const char* mark;      // in front of a text
  int color;             // Discord
  int ntfy_priority;     // 1 to 5; 3 is the default
  const char* ntfy_tag;  // of https://docs.ntfy.sh/emojis
  int gotify_priority;   // from 4 on it makes a sound, from 8 on it stays on top
};

const Look& look_of(Alert::Severity severity) {
  static constexpr std::array<Look, 3> kLooks = {{{"🟢", 0x2e7d32, 3, "white_check_mark", 4},
                                                  {"🟠", 0xf57c00, 3, "warning", 5},
                                                  {"🔴", 0xc62828, 4, "rotating_light", 8}}};
  return kLooks[static_cast<std::size_t>(severity)];
}

// ---- bodies ---------------------------------------------------------------------------------------

std::string with_slack_escapes(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// Discord takes a backslash before any character that is neither a letter nor a digit.
std::string with_markdown_escapes(std::string_view text) {
  constexpr std::string_view kMarks = "\\*_~`|<>[]()#@:";
  std::string escaped;
  for (const char c : text) {
    if (kMarks.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

WebhookJson level_number(Alert::Level::Unit unit, std::int64_t count) {
  return unit == Alert::Level::Unit::Dollars ? WebhookJson(to_dollars(count)) : WebhookJson(count);
}

WebhookJson level_json(const std::optional<Alert::Level>& level) {
  if (!level) return nullptr;
  return {{"unit", to_string(level->unit)},
          {"used", level_number(level->unit, level->used)},
          {"limit", level_number(level->unit, level->limit)},
          {"period", level->period.empty() ? WebhookJson(nullptr) : WebhookJson(level->period)}};
}

WebhookJson own_json(const Alert& alert, const std::string& title, const std::string& text) {
  const auto or_null = [](const std::string& value) {
    return value.empty() ? WebhookJson(nullptr) : WebhookJson(value);
  };
  return {{"event", to_string(alert.event)},
          {"severity", to_string(severity_of(alert.event))},
          {"time", format_timestamp(alert.at)},
          {"title", title},
          {"text", text},
          {"subject",
           {{"kind", alert.subject.kind},
            {"name", or_null(alert.subject.name)},
            {"model", or_null(alert.subject.model)}}},
          {"level", level_json(alert.level)},
          {"gateway", {{"version", GATEWAY_VERSION}}}};
}

WebhookJson discord_json(const Look& look, const std::string& title, const std::string& text, WallTime at) {
  const WebhookJson embed = {{"title", std::string(look.mark) + " " + with_markdown_escapes(title)},
                      {"description", with_markdown_escapes(text)},
                      {"color", look.color},
                      {"timestamp", format_timestamp(at)}};
  return {{"embeds", WebhookJson::array({embed})}, {"allowed_mentions", {{"parse", WebhookJson::array()}}}};
}

WebhookJson webhook_body(const Alert& alert, config::WebhookFormat format, const std::string& topic) {
  const std::string title = shorten(alert.title, kAlertTitleBytesMax);
  const std::string text = shorten(alert.text, kAlertTextBytesMax);
  const Look& look = look_of(severity_of(alert.event));
  switch (format) {
    case config::WebhookFormat::Json: break;
    case config::WebhookFormat::Slack:
      return {{"text", std::string(look.mark) + " " + with_slack_escapes(title + "\n" + text)}, {"mrkdwn", false}};
    case config::WebhookFormat::Discord: return discord_json(look, title, text, alert.at);
    case config::WebhookFormat::Ntfy:
      return {{"topic", topic},
              {"title", title},
              {"message", text},
              {"priority", look.ntfy_priority},
              {"tags", WebhookJson::array({look.ntfy_tag})}};
    case config::WebhookFormat::Gotify:
      return {{"title", title},
              {"message", text},
              {"priority", look.gotify_priority},
              {"extras", {{"client::display", {{"contentType", "text/plain"}}}}}};
  }
  return own_json(alert, title, text);
}

// ---- the way --------------------------------------------------------------------------------------

// Behind the server's path, in front of its query.
void append_to_path(std::string& target, std::string_view segment) {
  std::size_t end = std::min(target.find('?'), target.size());
  if (end > 0 && target[end - 1] == '/') target.erase(--end, 1);
  const std::string_view path = std::string_view(target).substr(0, end);
  if (!ends_with(path, segment)) target.insert(end, segment);
}

http::Headers webhook_headers(const config::Webhook& webhook) {
  http::Headers headers = {{"Content-Type", "application/json"}, {"User-Agent", "ai-gateway/" GATEWAY_VERSION}};
  const bool is_gotify = webhook.format == config::WebhookFormat::Gotify;
  if (!webhook.token.empty() && is_gotify) headers.set("X-Gotify-Key", webhook.token.reveal());
  if (!webhook.token.empty() && !is_gotify) headers.set("Authorization", "Bearer " + webhook.token.reveal());
  for (const auto& [name, value] : webhook.headers) headers.set(name, value.reveal());
  return headers;
}

}  // namespace

Result<WebhookMessage> webhook_message(const Alert& alert, const config::Webhook& webhook) {
  Result<UrlWithQuery> url = parse_url_with_query(webhook.url.reveal());
  if (!url) return url.error();
  WebhookMessage message{std::move(*url), webhook_headers(webhook), ""};
  std::string topic;
  if (webhook.format == config::WebhookFormat::Gotify) append_to_path(message.address.target, "/message");
  if (webhook.format == config::WebhookFormat::Ntfy) {
    Result<config::NtfyAddress> address = config::ntfy_address(webhook.url.reveal());
    if (!address) return address.error();
    message.address = std::move(address->server);
    topic = std::move(address->topic);
  }
  // Bytes that are no UTF-8 must not throw: names come from clients' tokens, too.
  message.body = webhook_body(alert, webhook.format, topic).dump(-1, ' ', false, WebhookJson::error_handler_t::replace);
  return message;
}

}  // namespace aigw::observe
