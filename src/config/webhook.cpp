#include "config/webhook.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace aigw::config {
namespace {

constexpr std::size_t kTopicBytesMax = 64;

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= kTopicBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

}  // namespace

const std::vector<AlertEvent>& all_alert_events() {
  static const std::vector<AlertEvent> events = {
      AlertEvent::ProviderDown, AlertEvent::ProviderUp,      AlertEvent::Quota80,      AlertEvent::QuotaExhausted,
      AlertEvent::Budget80,     AlertEvent::BudgetExhausted, AlertEvent::ReloadFailed, AlertEvent::DiskFull};
  return events;
}

std::string shown_address(const Webhook& webhook) {
  const Result<UrlWithQuery> url = parse_url_with_query(webhook.url.reveal());
  return url ? (url->server.tls ? "https://" : "http://") + url->server.authority() : "?";
}

Result<NtfyAddress> ntfy_address(std::string_view text) {
  Result<UrlWithQuery> url = parse_url_with_query(text);
  if (!url) return url.error();
  const std::size_t query = std::min(url->target.find('?'), url->target.size());
  const std::size_t slash = url->target.rfind('/', query);
  NtfyAddress address{std::move(*url), ""};
  std::string& target = address.server.target;
  address.topic = target.substr(slash + 1, query - slash - 1);
  // The server's documentation: `^[-_A-Za-z0-9]{1,64}$`.
  if (!is_topic(address.topic)) {
    return invalid("an ntfy URL ends with its topic, letters, digits, - and _, like https://ntfy.sh/my-topic");
  }
  target.erase(slash + 1, query - slash - 1);
  return address;
}

const char* to_string(AlertEvent event) {
  switch (event) {
    case AlertEvent::ProviderDown: return "provider_down";
    case AlertEvent::ProviderUp: return "provider_up";
    case AlertEvent::Quota80: return "quota_80";
    case AlertEvent::QuotaExhausted: return "quota_exhausted";
    case AlertEvent::Budget80: return "budget_80";
    case AlertEvent::BudgetExhausted: return "budget_exhausted";
    case AlertEvent::ReloadFailed: return "reload_failed";
    case AlertEvent::DiskFull: return "disk_full";
  }
  return "";
}

const char* to_string(WebhookFormat format) {
  switch (format) {
    case WebhookFormat::Json: return "json";
    case WebhookFormat::Slack: return "slack";
    case WebhookFormat::Discord: return "discord";
    case WebhookFormat::Ntfy: return "ntfy";
    case WebhookFormat::Gotify: return "gotify";
  }
  return "";
}

}  // namespace aigw::config
