#include "auth/key_file.h"

#include <simdjson.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "base/timestamp.h"
#include "config/document.h"
#include "config/key_reader.h"
#include "config/problem.h"

namespace aigw::auth {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kDigestDigits = 64;

// Reads one file; the first thing that is wrong ends it. With simdjson, since ten thousand keys by way of the config's
// tree took 300 ms, a third of that for what is not the settings.
class FileReader {
 public:
  Result<StoredKeys> read(std::string_view text) {
    const simdjson::padded_string padded(text);
    ondemand::parser parser;
    ondemand::document file;
    if (parser.iterate(padded).get(file) || !read_file(file)) return fault_of(text);
    if (file.current_location().error() != simdjson::OUT_OF_BOUNDS) return fault_of(text);  // something comes behind it
    return std::move(keys_);
  }

 private:
  bool read_file(ondemand::document& file) {
    return members(file, "", {"version", "keys"}, [&](std::string_view name, ondemand::value& value) {
      if (name == "keys") {
        const auto read_element = [&](ondemand::value& key, const std::string& path) { return read_key(key, path); };
        return list(value, "keys", read_element);
      }
      std::int64_t version = 0;
      const bool is_ours = !value.get_int64().get(version) && version == kVersion;
      return is_ours || refuse("version", "expected 1; is the file a newer gateway's?");
    });
  }

  bool read_key(ondemand::value& node, const std::string& path) {
    StoredKey stored;
    std::string name;
    std::vector<config::KeyDigest> digests;
    const auto read_member = [&](std::string_view member, ondemand::value& value) {
      if (member == "name") return read_name(value, path, name);
      if (member == "created") return read_time(value, path + ".created", stored.created);
      if (member == "settings") return read_raw(value, stored.settings);
      return list(value, path + ".digests", [&](ondemand::value& digest, const std::string& digest_path) {
        return read_digest(digest, digest_path, digests.emplace_back());
      });
    };
    if (!members(node, path, {"name", "created", "digests", "settings"}, read_member)) return false;
    if (digests.empty()) return refuse(path + ".digests", "at least one is required");
    Result<config::Key> key = key_from_settings(name, stored.settings);
    if (!key) return refuse(path + ".settings", key.error().detail);
    stored.key = std::move(*key);
    stored.key.digests = std::move(digests);
    keys_.push_back(std::make_shared<const StoredKey>(std::move(stored)));
    return true;
  }

  bool read_name(ondemand::value& value, const std::string& path, std::string& name) {
    if (!read_text(value, path + ".name", name)) return false;
    if (const auto fault = config::key_name_fault(name)) return refuse(path + ".name", *fault);
    return put(names_, name, path + ".name");
  }

  bool read_digest(ondemand::value& node, const std::string& path, config::KeyDigest& digest) {
    const auto read_member = [&](std::string_view member, ondemand::value& value) {
      if (member == "until") return read_time(value, path + ".until", digest.until.emplace());
      if (!read_text(value, path + ".sha256", digest.sha256)) return false;
      digest.sha256 = lower(digest.sha256);
      const std::string& digits = digest.sha256;
      const bool is_digest = digits.size() == kDigestDigits && std::all_of(digits.begin(), digits.end(), is_hex_digit);
      if (!is_digest) return refuse(path + ".sha256", "expected 64 hexadecimal digits");
      return put(digests_, digits, path + ".sha256");
    };
    return members(node, path, {"sha256"}, read_member, "until");
  }

  // All of `required` and, if there is one, `optional`: others may be a newer version's, and would be lost.
  template <typename Object, typename ReadMember>
  bool members(Object& node, const std::string& path, std::initializer_list<std::string_view> required,
               ReadMember read_member, std::string_view optional = {}) {
    ondemand::object object;
    if (node.get_object().get(object)) return refuse(path, "expected an object");
    std::vector<std::string_view> seen;
    for (simdjson::simdjson_result<ondemand::field> item : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(item).get(field) || field.unescaped_key().get(name)) return false;
      const bool is_known = std::find(required.begin(), required.end(), name) != required.end() || name == optional;
      if (!is_known || name.empty()) return refuse(config::member_path(path, name), "unknown field");
      if (contains_name(seen, name)) return refuse(config::member_path(path, name), "this field is written twice");
      seen.push_back(name);
      if (!read_member(name, field.value())) return false;
    }
    for (const std::string_view name : required) {
      if (!contains_name(seen, name)) return refuse(config::member_path(path, name), "is missing");
    }
    return true;
  }

  template <typename ReadElement>
  bool list(ondemand::value& node, const std::string& path, ReadElement read_element) {
    ondemand::array array;
    if (node.get_array().get(array)) return refuse(path, "expected a list");
    std::size_t index = 0;
    for (simdjson::simdjson_result<ondemand::value> item : array) {
      ondemand::value element;
      if (std::move(item).get(element) || !read_element(element, config::element_path(path, index++))) return false;
    }
    return true;
  }

  bool read_text(ondemand::value& value, const std::string& path, std::string& text) {
    std::string_view given;
    if (value.get_string().get(given)) return refuse(path, "expected a text");
    text = given;
    return true;
  }

  bool read_time(ondemand::value& value, const std::string& path, WallTime& time) {
    std::string text;
    if (!read_text(value, path, text)) return false;
    const auto given = parse_timestamp(text);
    if (!given) return refuse(path, "expected a time like 2024-01-15T00:00:00+01:00");
    time = *given;
    return true;
  }

  // As it is written; key_from_settings() looks at it.
  static bool read_raw(ondemand::value& value, std::string& text) {
    std::string_view raw;
    if (simdjson::to_json_string(value).get(raw)) return false;
    text = trim(raw);
    return true;
  }

  using FirstKeys = std::unordered_map<std::string, std::size_t>;  // the key in which each text was first

  // Names and digests are one key's each.
  bool put(FirstKeys& firsts, const std::string& text, const std::string& path) {
    const auto [first, is_new] = firsts.emplace(text, keys_.size());
    return is_new || refuse(path, "the same as in " + config::element_path("keys", first->second));
  }

  static bool contains_name(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  bool refuse(std::string path, std::string message) {
    fault_ = config::Problem{std::move(path), std::move(message)};
    return false;
  }

  // Where it is no JSON at all, the config's parser says why, and in which line.
  Error fault_of(std::string_view text) const {
    const config::Document document = config::parse_document(text);
    if (!document.problems.empty()) return invalid(document.problems.front().text());
    return invalid(fault_ ? fault_->text() : "it is no JSON");
  }

  StoredKeys keys_;
  FirstKeys names_;
  FirstKeys digests_;
  std::optional<config::Problem> fault_;
};

std::string json_text(const std::string& text) { return config::json_of({text}); }

std::string format_stored_key(const StoredKey& stored) {
  std::string digests;
  for (const config::KeyDigest& digest : stored.key.digests) {
    digests += std::string(digests.empty() ? "" : ",") + "{\"sha256\":" + json_text(digest.sha256);
    if (digest.until) digests += ",\"until\":" + json_text(format_timestamp(*digest.until));
    digests += '}';
  }
  return "{\"name\":" + json_text(stored.key.name) + ",\"created\":" + json_text(format_timestamp(stored.created)) +
         ",\"digests\":[" + digests + "],\"settings\":" + stored.settings + "}";
}

}  // namespace

std::string format_key_file(const StoredKeys& keys) {
  std::string text = "{\"version\":" + std::to_string(kVersion) + ",\"keys\":[";
  const char* separator = "\n";
  for (const auto& key : keys) {
    text += separator + format_stored_key(*key);
    separator = ",\n";
  }
  return text + "\n]}\n";
}

Result<StoredKeys> parse_key_file(std::string_view text) { return FileReader().read(text); }

Result<config::Key> key_from_settings(const std::string& name, std::string_view settings) {
  config::KeyRead read = config::read_key_settings(name, settings);
  if (!read.key) return invalid(config::text_of(read.problems));
  return std::move(*read.key);
}

}  // namespace aigw::auth
