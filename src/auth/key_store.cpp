#include "auth/key_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "auth/key_secret.h"
#include "auth/merge_patch.h"
#include "base/disk.h"
#include "config/problem.h"

namespace aigw::auth {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;  // some 200,000 keys
constexpr Millis kGraceMax = std::chrono::hours(24 * 365);

StoredKeys::iterator find_key(StoredKeys& keys, std::string_view name) {
  return std::find_if(keys.begin(), keys.end(), [&](const auto& stored) { return stored->key.name == name; });
}

Error not_found(std::string_view name) {
  return {ErrorKind::NotFound, "no key " + config::in_quotes(name) + " was made at run time"};
}

std::vector<config::Key> keys_of(const StoredKeys& stored) {
  std::vector<config::Key> keys;
  keys.reserve(stored.size());
  for (const auto& each : stored) keys.push_back(each->key);
  return keys;
}

Error explain(const fs::path& path, const Error& error) {
  if (error.kind == ErrorKind::Io) return error;
  return invalid(path.string() + ": " + error.detail + " (repair the file, or move it away to begin without its keys)");
}

}  // namespace

KeyStore::KeyStore(fs::path path, StoredKeys keys)
    : path_(std::move(path)), keys_(std::make_shared<const StoredKeys>(std::move(keys))) {}

Result<std::unique_ptr<KeyStore>> KeyStore::open(const fs::path& path) {
  StoredKeys keys;
  if (!is_missing(path)) {
    const Result<std::string> text = read_file(path, kFileBytesMax);
    if (!text) return explain(path, text.error());
    Result<StoredKeys> stored = parse_key_file(*text);
    if (!stored) return explain(path, stored.error());
    keys = std::move(*stored);
  }
  return std::unique_ptr<KeyStore>(new KeyStore(path, std::move(keys)));
}

void KeyStore::set_check(Check check) { check_ = std::move(check); }

std::vector<config::Key> KeyStore::keys() const { return keys_of(*present()); }

Result<KeyStore::Change> KeyStore::create(const std::string& name, std::string_view settings, WallTime now) {
  Result<std::string> compact = compact_json(settings);
  if (!compact) return compact.error();
  Result<config::Key> key = key_from_settings(name, *compact);
  if (!key) return key.error();
  const Result<Secret> secret = new_key_secret();
  if (!secret) return secret.error();
  key->digests = {{digest_of(secret->reveal()), std::nullopt}};

  const std::lock_guard<std::mutex> lock(changing_);
  StoredKeys keys = *present();
  if (find_key(keys, name) != keys.end()) {
    return Error{ErrorKind::Conflict, "there is a key " + config::in_quotes(name)};
  }
  keys.push_back(std::make_shared<const StoredKey>(StoredKey{*key, now, std::move(*compact)}));
  return save(std::move(keys), {{}, std::move(*key), *secret});
}

Result<KeyStore::Change> KeyStore::change(std::string_view name, std::string_view patch) {
  const std::lock_guard<std::mutex> lock(changing_);
  StoredKeys keys = *present();
  const auto place = find_key(keys, name);
  if (place == keys.end()) return not_found(name);
  const config::Key before = (*place)->key;
  Result<std::string> settings = merge_patch((*place)->settings, patch);
  if (!settings) return settings.error();
  Result<config::Key> after = key_from_settings(before.name, *settings);
  if (!after) return after.error();
  after->digests = before.digests;
  *place = std::make_shared<const StoredKey>(StoredKey{*after, (*place)->created, std::move(*settings)});
  return save(std::move(keys), {before, std::move(*after), {}});
}

Result<KeyStore::Change> KeyStore::rotate(std::string_view name, Millis grace, WallTime now) {
  if (grace < Millis(0) || grace > kGraceMax) return invalid("a grace is 0 to 365 days");
  const Result<Secret> secret = new_key_secret();
  if (!secret) return secret.error();

  const std::lock_guard<std::mutex> lock(changing_);
  StoredKeys keys = *present();
  const auto place = find_key(keys, name);
  if (place == keys.end()) return not_found(name);
  const config::Key before = (*place)->key;
  StoredKey rotated = **place;
  rotated.key.digests = {{digest_of(secret->reveal()), std::nullopt}};
  if (grace > Millis(0)) {
    const WallTime until = std::chrono::ceil<std::chrono::seconds>(now + grace);
    rotated.key.digests.push_back({before.digests.front().sha256, until});
  }
  Change change{before, rotated.key, *secret};
  *place = std::make_shared<const StoredKey>(std::move(rotated));
  return save(std::move(keys), std::move(change));
}

Result<KeyStore::Change> KeyStore::remove(std::string_view name) {
  const std::lock_guard<std::mutex> lock(changing_);
  StoredKeys keys = *present();
  const auto place = find_key(keys, name);
  if (place == keys.end()) return not_found(name);
  Change change{(*place)->key, {}, {}};
  keys.erase(place);
  return save(std::move(keys), std::move(change));
}

std::shared_ptr<const StoredKeys> KeyStore::present() const {
  return keys_.with([](const auto& keys) { return keys; });
}

Result<KeyStore::Change> KeyStore::save(StoredKeys keys, Change change) {
  if (const Status allowed = check_ ? check_(keys_of(keys)) : Status(Done{}); !allowed) return allowed.error();
  Status saved = write(keys);
  if (!saved) return saved.error();
  saved = sync_folder(path_.parent_path());
  if (!saved) {
    // The file is there, but may not be after a power cut. Whoever is told that nothing has changed must find it so.
    [[maybe_unused]] const Status taken_back = write(*present());
    return saved.error();
  }
  auto present_keys = std::make_shared<const StoredKeys>(std::move(keys));
  keys_.with([&](auto& held) { held = std::move(present_keys); });
  return change;
}

Status KeyStore::write(const StoredKeys& keys) const {
  const std::string text = format_key_file(keys);
  if (text.size() > kFileBytesMax) {
    return Error{ErrorKind::Io, path_.string() + " would have more than " + std::to_string(kFileBytesMax) + " bytes"};
  }
  Status written = write_beside(path_, text, Sync::Now, Readers::OwnerAlone);
  if (written) written = put_in_place(path_);
  if (!written) remove_beside(path_);
  return written;
}

}  // namespace aigw::auth
