// The keys that were made while the gateway ran: `data/keys.json`, readable by its owner alone, replaced atomically and
// durably with each change. Secrets are not in it, only their digests.
//
//   {"version":1,"keys":[
//   {"name":"laptop","created":"2026-11-21T14:00:00+01:00",
//    "digests":[{"sha256":"…"},{"sha256":"…","until":"2026-11-22T14:00:00+01:00"}],
//    "settings":{"owner":"anna","budget":{"cost_per_period":5,"period_cron":"0 0 1 * *"}}}
//   ]}
//
// `settings` are what its maker wrote, in the form of an entry of `_keys` without the secret.
//
// Threads: any; changes happen one after another. One waits for the disk with `changing_` alone: keys() never waits for
// it, and tells until then what was before. A change that could not be saved has not happened. For one process at a
// time, as all of the data folder (usage/folder_lock.h).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key_file.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/key.h"

namespace aigw::auth {

class KeyStore {
 public:
  // A file that is not there holds no keys. Errors: Io; Invalid, the file is broken: the message says where, and what
  // to do. What can't be read is never overwritten.
  static Result<std::unique_ptr<KeyStore>> open(const std::filesystem::path& path);

  std::vector<config::Key> keys() const;  // in the order in which they were made

  // Asked before each change with the keys as they would be; its error is the change's, which then does not happen. To be
  // set before the first change.
  using Check = std::function<Status(const std::vector<config::Key>& keys)>;
  void set_check(Check check);

  // What a change did. The secret is there after create() and rotate(), and can't be had again.
  struct Change {
    config::Key before;  // without a name: there was none
    config::Key after;   // without a name: there is none any more
    Secret secret;
  };
  // Errors of all of these: Io, it could not be saved; NotFound; Conflict, the name is taken; Invalid, every problem of
  // the settings, a line each; Unavailable, no random numbers.

  // `settings`: a JSON object of at most 64 KiB, which is also what changes may make of them.
  Result<Change> create(const std::string& name, std::string_view settings, WallTime now);
  // `patch`: a JSON merge patch (RFC 7396) of the settings; null takes a member out.
  Result<Change> change(std::string_view name, std::string_view patch);
  // A new secret; the present one stays good for `grace` (0 to 365 days, in full seconds), older ones end.
  Result<Change> rotate(std::string_view name, Millis grace, WallTime now);
  Result<Change> remove(std::string_view name);

 private:
  KeyStore(std::filesystem::path path, StoredKeys keys);

  std::shared_ptr<const StoredKeys> present() const;
  // These need `changing_`.
  Result<Change> save(StoredKeys keys, Change change);
  Status write(const StoredKeys& keys) const;

  const std::filesystem::path path_;
  Check check_;
  std::mutex changing_;                             // for the whole of a change
  Guarded<std::shared_ptr<const StoredKeys>> keys_;  // what the file holds; for as long as it takes to copy the pointer
};

}  // namespace aigw::auth
