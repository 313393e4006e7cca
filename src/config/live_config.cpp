#include "config/live_config.h"

#include <utility>

namespace aigw::config {

LiveConfig::LiveConfig(Snapshot first, std::string path, Environment environment, Overrides overrides)
    : path_(std::move(path)),
      environment_(std::move(environment)),
      overrides_(std::move(overrides)),
      running_(first),
      current_(std::move(first)) {}

Snapshot LiveConfig::get() const {
  return current_.with([](const Snapshot& current) { return current; });
}

Reload LiveConfig::reload() {
  // Held while the file is read: of two reloads the later one must see the later file. get() does not wait for it.
  const std::lock_guard<std::mutex> lock(reloading_);
  Loaded loaded = load_file(path_, environment_, overrides_);
  Reload reload;
  reload.problems = std::move(loaded.problems);
  reload.warnings = std::move(loaded.warnings);
  if (!loaded.config) return reload;
  reload.changes = compare(*get(), *loaded.config);
  // What a restart is needed for still runs as it was started, however many reloads came between.
  reload.changes.needs_restart = compare(*running_, *loaded.config).needs_restart;
  current_.with([&](Snapshot& current) { current.swap(loaded.config); });
  return reload;
}

}  // namespace aigw::config
