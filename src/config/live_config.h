// The configuration that is in force, and its renewal from the file.
//
// A request takes `get()` once and keeps that snapshot to its end; a reload never changes a snapshot, it puts
// another one in its place. A file with problems changes nothing.
//
// The file can be edited here, too, as a text whose secrets are masked (config/masked_text.h).
//
// Any thread may call anything; reloads and saves run one after another.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "config/changes.h"
#include "config/loader.h"

namespace aigw::config {

struct Reload {
  std::vector<Problem> problems;      // not empty: the old configuration stays
  std::vector<std::string> warnings;
  Changes changes;                    // from the old one to the new one
  bool done() const { return problems.empty(); }
};

// The file as it stands.
struct ConfigFile {
  std::string text;
  std::string digest;  // its SHA-256
  bool writable = false;
};

// What came of an edited text that was to be saved.
struct Saved {
  enum class Outcome {
    Done,      // it is in the file, and in force
    Problems,  // `reload` has them
    Changed,   // the file is not the one that was edited
    ReadOnly,
    Failed,    // for the reason that `reason` gives
  };
  Outcome outcome = Outcome::Failed;
  Reload reload;
  std::string reason;
  std::string digest;  // of the file as it is now, if it is done
};

class LiveConfig {
 public:
  // `first` is what load_file() gave for the same arguments; not null.
  LiveConfig(Snapshot first, std::string path, Environment environment, Overrides overrides);

  Snapshot get() const;

  // Reads the file again; blocks while it does.
  Reload reload();

  const std::string& path() const { return path_; }
  // Errors Io, TooLarge.
  Result<ConfigFile> file() const;
  // What an edited text would do if it were saved; nothing is changed. The values of variables stand in no finding, so
  // that nobody reads the process's environment by it.
  Reload check(std::string_view edited) const;
  // Writes an edited text to the file and puts it in force, if it has no problems and the file still has that digest.
  Saved save(std::string_view edited, std::string_view digest);

 private:
  Reload adopt(Loaded loaded);

  const std::string path_;
  const Environment environment_;
  const Overrides overrides_;
  const Snapshot running_;             // what the process was started with
  std::mutex reloading_;
  Guarded<Snapshot> current_;
};

}  // namespace aigw::config
