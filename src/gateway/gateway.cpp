#include "gateway/gateway.h"

#include "base/text.h"
#include "observe/log.h"

namespace aigw::gateway {
namespace {

using observe::Level;

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

void log_outcome(const config::Reload& reload) {
  for (const config::Problem& problem : reload.problems) {
    observe::log(Level::Error, "Config problem", {{"path", problem.path}, {"message", problem.message}});
  }
  if (!reload.done()) return observe::log(Level::Error, "Reload failed", {{"problems", reload.problems.size()}});
  for (const std::string& warning : reload.warnings)
    observe::log(Level::Warning, "Config warning", {{"message", warning}});
  observe::log(Level::Info, "Reloaded config",
               {{"added", joined(reload.changes.added)},
                {"removed", joined(reload.changes.removed)},
                {"changed", joined(reload.changes.changed)},
                {"needs_restart", joined(reload.changes.needs_restart)}});
}

}  // namespace

Gateway::Gateway(config::LiveConfig& live, usage::Counters& counters)
    : live_(live),
      counters_(counters),
      network_(std::make_shared<http::HttpUpstream>()),
      exchanges_max_(live.get()->global.threads),
      started_(steady_now()) {
  const config::Snapshot config = live_.get();
  counters_.apply(*config, wall_now());
  auto routes = std::make_shared<const LiveRoutes>(config, nullptr, counters_, network_);
  routes_.with([&](auto& current) { current = std::move(routes); });
}

std::shared_ptr<const LiveRoutes> Gateway::routes() const {
  return routes_.with([](const auto& current) { return current; });
}

config::Reload Gateway::reload() {
  const std::lock_guard<std::mutex> lock(reloading_);
  config::Reload reload = live_.reload();
  log_outcome(reload);
  if (!reload.done()) return reload;
  const config::Snapshot config = live_.get();
  const std::shared_ptr<const LiveRoutes> before = routes();
  counters_.apply(*config, wall_now());
  auto now = std::make_shared<const LiveRoutes>(config, before.get(), counters_, network_);
  routes_.with([&](auto& current) { current = std::move(now); });
  return reload;
}

void Gateway::tick() {
  counters_.tick(wall_now());
  network_->tick(steady_now());
}

std::optional<Gateway::Place> Gateway::enter() {
  if (++exchanges_ > exchanges_max_) {
    --exchanges_;
    return std::nullopt;
  }
  return Place(&exchanges_);
}

}  // namespace aigw::gateway
