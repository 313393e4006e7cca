// The configuration that is in force, and its renewal from the file.
//
// A request takes `get()` once and keeps that snapshot to its end; a reload never changes a snapshot, it puts
// another one in its place. A file with problems changes nothing.
//
// Any thread may call anything; reloads run one after another.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "config/changes.h"
#include "config/loader.h"

namespace aigw::config {

struct Reload {
  std::vector<Problem> problems;      // not empty: the old configuration stays
  std::vector<std::string> warnings;
  Changes changes;                    // from the old one to the new one
  bool done() const { return problems.empty(); }
};

class LiveConfig {
 public:
  // `first` is what load_file() gave for the same arguments; not null.
  LiveConfig(Snapshot first, std::string path, Environment environment, Overrides overrides);

  Snapshot get() const;

  // Reads the file again; blocks while it does.
  Reload reload();

 private:
  const std::string path_;
  const Environment environment_;
  const Overrides overrides_;
  const Snapshot running_;             // what the process was started with
  std::mutex reloading_;
  Guarded<Snapshot> current_;
};

}  // namespace aigw::config
