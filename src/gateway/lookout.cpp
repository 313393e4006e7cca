#include "gateway/lookout.h"

#include <utility>

#include "observe/alert.h"

namespace aigw::gateway {

Lookout::Lookout(usage::Counters& counters, std::shared_ptr<http::Upstream> network)
    : webhooks_(std::move(network)),
      alarms_(counters, [this](const observe::Alert& alert) { webhooks_.send(alert); }) {}

void Lookout::reloaded(const std::vector<config::Webhook>& webhooks) {
  told_problems_.clear();
  webhooks_.set_webhooks(webhooks);
}

void Lookout::reload_failed(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const config::Problem& problem : problems) text += problem.text() + "\n";
  if (text == told_problems_) return;
  told_problems_ = std::move(text);
  webhooks_.send(observe::reload_failed(problems, wall_now()));
}

void Lookout::look(const std::shared_ptr<const LiveRoutes>& routes, const std::shared_ptr<const Callers>& callers,
                   Now now) {
  if (webhooks_.has_webhooks()) {
    alarms_.look(routes, callers, now);
  } else {
    alarms_.rest();
  }
}

}  // namespace aigw::gateway
