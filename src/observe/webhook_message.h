// An alert as the request that a receiver understands. Pure functions.
//
//   json     fields for programs (README, Alerts)
//   slack    incoming webhooks, https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `text`, in
//            which `&`, `<` and `>` are escaped (https://docs.slack.dev/messaging/formatting-message-text), without
//            markup. Mattermost and Rocket.Chat take the same.
//   discord  Execute Webhook, https://docs.discord.com/developers/resources/webhook#execute-webhook: one embed, its
//            Markdown escaped; `allowed_mentions` is empty, so that no name rings anybody.
//   ntfy     published as JSON, https://docs.ntfy.sh/publish/#publish-as-json: header fields could not hold all names.
//            That goes to the server's root; the topic is a field.
//   gotify   POST /message, https://gotify.net/docs/pushmsg and https://gotify.net/docs/msgextras: plain text.
//
// As these pages were on 2026-11-21. Titles are at most 160 bytes and texts 1,500, each then escaped: well below the
// limits of all (Discord 256 and 4,096 characters, ntfy 4,096 bytes, Slack 40,000 characters).
#pragma once

#include <string>

#include "base/result.h"
#include "base/url.h"
#include "config/webhook.h"
#include "http/message.h"
#include "observe/alert.h"

namespace aigw::observe {

struct WebhookMessage {
  UrlWithQuery address;
  http::Headers headers;  // with Content-Type and credentials
  std::string body;
};

// Errors Invalid: the webhook's URL, which the config's reader has checked.
Result<WebhookMessage> webhook_message(const Alert& alert, const config::Webhook& webhook);

}  // namespace aigw::observe
