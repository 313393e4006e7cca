// Tells webhooks what needs somebody: what the alarms find, and reloads that fail.
//
// Threads: as each function says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/problem.h"
#include "config/webhook.h"
#include "gateway/alarms.h"
#include "http/upstream.h"
#include "observe/webhook_sender.h"
#include "usage/counters.h"

namespace aigw::gateway {

class Lookout {
 public:
  // `counters` outlives this object.
  Lookout(usage::Counters& counters, std::shared_ptr<http::Upstream> network);

  // ---- one call at a time ----
  // A configuration is in force, and says who gets the alerts.
  void reloaded(const std::vector<config::Webhook>& webhooks);
  // It has problems. The same ones again are no news.
  void reload_failed(const std::vector<config::Problem>& problems);

  // ---- on one thread ----
  // Twice a second. The first look tells nothing: what it finds is known already.
  void look(const std::shared_ptr<const LiveRoutes>& routes, const std::shared_ptr<const Callers>& callers, Now now);

 private:
  observe::WebhookSender webhooks_;
  Alarms alarms_;
  std::string told_problems_;  // of the last reload, if it failed
};

}  // namespace aigw::gateway
