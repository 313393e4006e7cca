#include "config/key_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "config/document.h"
#include "config/limits_reader.h"
#include "config/quota_reader.h"
#include "config/readers.h"

namespace aigw::config {
namespace {

constexpr std::size_t kKeyBytesMin = 16;
constexpr std::size_t kDigestDigits = 64;

void take_secret(const Value& value, const Secret& secret, KeyDraft& into) {
  const std::size_t bytes = secret.reveal().size();
  if (bytes < kKeyBytesMin) {
    value.refuse("expected a key of at least " + std::to_string(kKeyBytesMin) + " bytes, got " +
                 std::to_string(bytes) + "; a shorter one can be guessed");
    return;
  }
  into.digests = {{sha256_hex(secret.reveal()), std::nullopt}};
}

void read_key(const Value& value, KeyDraft& into) {
  if (const auto secret = read_secret(value)) take_secret(value, *secret, into);
}

void read_key_file(const Value& value, KeyDraft& into) {
  const auto path = value.text();
  if (!path) return;
  const Result<Secret> secret = read_secret_file(path->value);
  if (secret) {
    take_secret(value, *secret, into);
  } else {
    into.lacking[".key_file"] = "key_file " + secret.error().detail;
  }
}

void read_digest(const Value& value, KeyDraft& into) {
  const auto given = value.text();
  if (!given) return;
  const std::string& digits = given->value;
  if (digits.size() == kDigestDigits && std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
    into.digests.push_back({lower(digits), std::nullopt});
  } else {
    value.refuse("expected the SHA-256 of a key, 64 hexadecimal digits");
  }
}

void read_digests(const Value& value, KeyDraft& into) {
  into.digests.clear();
  if (!value.is_array()) return read_digest(value, into);
  const auto elements = value.elements();
  if (elements->empty()) value.refuse("at least one is required");
  for (const Value& element : *elements) read_digest(element, into);
}

std::optional<std::string> read_owner(const Value& value) {
  const auto given = value.text();
  if (!given || given->value.empty()) return given ? std::optional(given->value) : std::nullopt;
  const std::optional<std::string> fault = own_name_fault(given->value);
  if (!fault) return given->value;
  value.refuse(*fault);
  return std::nullopt;
}

std::optional<ModelRules> read_models(const Value& value) {
  auto patterns = read_model_rules(value);
  return patterns ? std::optional(ModelRules{std::move(*patterns)}) : std::nullopt;
}

std::optional<WallTime> read_expiry(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const auto time = parse_day_or_time(given->value, DayMeans::End);
  if (!time) {
    value.refuse("expected a day like 2026-12-31, whose end is meant, or a time like 2026-12-31T18:00:00, with or "
                 "without an offset like +01:00 or Z");
  }
  return time;
}

// Those that can also be given at run time.
const Fields<KeyDraft>& setting_fields() {
  using Draft = KeyDraft;
  static const Fields<Draft> fields = {
      {"owner", by<Draft, std::string>(&Key::owner, read_owner)},
      {"models", by<Draft, ModelRules>(&Key::models, read_models)},
      {"expires", by_or_null<Draft, WallTime>(&Key::expires, read_expiry)},
      {"enabled", boolean<Draft>(&Key::enabled)},
      {"role", choice<Key>("role", &Key::role, {Role::User, Role::Admin})},
      {"allowed_ips", by<Draft, std::vector<std::string>>(&Key::allowed_ips, read_addresses)},
      {"choose_strategy", boolean<Draft>(&Key::choose_strategy)},
      {"limits", by<Draft, Limits>(&Key::limits, read_limits)},
      {"budget", by<Draft, Quota>(&Key::budget, read_quota)},
  };
  return fields;
}

void check_source(const Value& value) {
  const std::set<std::string> given = names_given(value);
  const auto sources = given.count("key") + given.count("key_file") + given.count("sha256");
  if (sources == 0) value.refuse("one of key, key_file and sha256 is required");
  if (sources > 1) value.refuse("key, key_file and sha256 exclude each other");
}

}  // namespace

const Fields<KeyDraft>& key_fields() {
  static const Fields<KeyDraft> fields = [] {
    Fields<KeyDraft> all = {{"key", read_key}, {"key_file", read_key_file}, {"sha256", read_digests}};
    all.insert(all.end(), setting_fields().begin(), setting_fields().end());
    return all;
  }();
  return fields;
}

std::vector<Key> read_keys(const Value& value, Report& report) {
  std::vector<Key> keys;
  const auto members = value.members();
  if (!members) return keys;
  for (const auto& [name, member] : *members) {
    if (const auto fault = key_name_fault(name)) member.refuse(*fault);
    KeyDraft draft;
    draft.name = name;
    if (!read_object(member.noting(draft.lacking), key_fields(), draft)) continue;
    check_source(member);
    const auto reason = reason_of(draft.lacking);
    if (!reason) {
      keys.push_back(std::move(draft));
    } else if (draft.enabled) {
      report.warnings.push_back(member.path() + " is unavailable: " + *reason);
    }
  }
  return keys;
}

KeyRead read_key_settings(const std::string& name, std::string_view json) {
  Document document = parse_document(json);
  const Environment none;
  Report report{none, std::move(document.problems), {}};
  if (const auto fault = key_name_fault(name)) report.problems.push_back({"name", *fault});
  KeyDraft draft;
  draft.name = name;
  if (document.readable) read_object(Value(document.root, "", report), setting_fields(), draft);
  if (!report.problems.empty()) return {std::nullopt, std::move(report.problems)};
  return {std::move(draft), {}};
}

}  // namespace aigw::config
