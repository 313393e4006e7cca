// Who is told when something happens that needs somebody: one entry of `_global.webhooks`.
//
// Plain values.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/url.h"

namespace aigw::config {

enum class AlertEvent {
  ProviderDown,     // failed three times in a row
  ProviderUp,       // answered again
  Quota80,          // four fifths of a provider's or an account's quota are used
  QuotaExhausted,
  Budget80,         // the same of a key's or an owner's budget, or of a balance
  BudgetExhausted,
  ReloadFailed,
  DiskFull,         // counters can't be saved
};

const std::vector<AlertEvent>& all_alert_events();

// What the receiver understands (observe/webhook_message.h).
enum class WebhookFormat { Json, Slack, Discord, Ntfy, Gotify };

struct Webhook {
  // As it is written: those of Slack and Discord are the credential. Of ntfy it ends with the topic; of Gotify it is
  // the server's.
  Secret url;
  std::set<AlertEvent> events = {all_alert_events().begin(), all_alert_events().end()};  // never empty
  WebhookFormat format = WebhookFormat::Json;
  std::map<std::string, Secret> headers;  // added to each request
  Secret token;                           // ntfy, json: a bearer token; Gotify: the application's
  bool operator==(const Webhook&) const = default;
};

// `https://hooks.slack.com`: all of it that may be shown.
std::string shown_address(const Webhook& webhook);

// The server of an ntfy webhook and the topic behind it. Errors Invalid: there is no topic, or none that ntfy takes.
struct NtfyAddress {
  UrlWithQuery server;
  std::string topic;
};
Result<NtfyAddress> ntfy_address(std::string_view url);

const char* to_string(AlertEvent event);      // `provider_down`
const char* to_string(WebhookFormat format);  // `slack`

}  // namespace aigw::config
