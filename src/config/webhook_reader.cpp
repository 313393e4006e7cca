#include "config/webhook_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "config/readers.h"

namespace aigw::config {
namespace {

constexpr std::size_t kWebhooksMax = 20;

std::optional<Secret> read_webhook_url(const Value& value) {
  auto url = read_secret(value);
  if (!url) return std::nullopt;
  const auto parsed = parse_url_with_query(url->reveal());
  if (parsed) return url;
  value.refuse(parsed.error().detail);
  return std::nullopt;
}

std::optional<std::set<AlertEvent>> read_events(const Value& value) {
  const auto elements = value.elements();
  if (!elements) return std::nullopt;
  if (elements->empty()) value.refuse("at least one is required");
  std::vector<std::string> words;
  for (const AlertEvent event : all_alert_events()) words.emplace_back(to_string(event));
  std::set<AlertEvent> events;
  for (const Value& element : *elements) {
    const auto given = read_word(element, "event", words);
    for (const AlertEvent event : all_alert_events()) {
      if (given && *given == to_string(event)) events.insert(event);
    }
  }
  return events;
}

void read_webhook_headers(const Value& value, Webhook& into) {
  std::map<std::string, std::string> headers;
  read_headers(value, headers);
  into.headers.clear();
  for (auto& [name, text] : headers) into.headers.emplace(name, Secret(std::move(text)));
}

bool has_header(const Webhook& webhook, std::string_view name) {
  return std::any_of(webhook.headers.begin(), webhook.headers.end(),
                     [&](const auto& header) { return iequals(header.first, name); });
}

// What one field means to another.
std::optional<std::string> webhook_fault(const Webhook& webhook) {
  const bool is_chat = webhook.format == WebhookFormat::Slack || webhook.format == WebhookFormat::Discord;
  if (is_chat && !webhook.token.empty()) {
    return std::string("a webhook of format ") + to_string(webhook.format) + " has no token: its URL is the credential";
  }
  if (!webhook.token.empty() && has_header(webhook, "Authorization")) {
    return "\"token\" and the header Authorization exclude each other";
  }
  if (webhook.format == WebhookFormat::Ntfy) {
    const auto address = ntfy_address(webhook.url.reveal());
    if (!address) return address.error().detail;
  }
  const bool has_gotify_token = !webhook.token.empty() || has_header(webhook, "X-Gotify-Key") ||
                                has_header(webhook, "Authorization") || contains(webhook.url.reveal(), "token=");
  if (webhook.format == WebhookFormat::Gotify && !has_gotify_token) {
    return "Gotify asks for the token of an application: \"token\" is required";
  }
  return std::nullopt;
}

}  // namespace

const Fields<Webhook>& webhook_fields() {
  static const Fields<Webhook> fields = {
      {"url", by(&Webhook::url, read_webhook_url)},
      {"events", by(&Webhook::events, read_events)},
      {"format", choice("format", &Webhook::format,
                        {WebhookFormat::Json, WebhookFormat::Slack, WebhookFormat::Discord, WebhookFormat::Ntfy,
                         WebhookFormat::Gotify})},
      {"headers", read_webhook_headers},
      {"token", by(&Webhook::token, read_secret)},
  };
  return fields;
}

std::optional<std::vector<Webhook>> read_webhooks(const Value& value) {
  const auto elements = value.elements();
  if (!elements) return std::nullopt;
  if (elements->size() > kWebhooksMax) value.refuse("expected at most " + std::to_string(kWebhooksMax) + " webhooks");
  std::vector<Webhook> webhooks;
  for (const Value& element : *elements) {
    Webhook webhook;
    if (!read_object(element, webhook_fields(), webhook)) continue;
    if (!names_given(element).contains("url")) {
      element.refuse("\"url\" is required");
    } else if (webhook.url.empty()) {
      continue;  // refused before
    } else if (const auto fault = webhook_fault(webhook)) {
      element.refuse(*fault);
    }
    webhooks.push_back(std::move(webhook));
  }
  return webhooks;
}

}  // namespace aigw::config
