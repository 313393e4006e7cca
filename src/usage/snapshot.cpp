#include "usage/snapshot.h"

#include <nlohmann/json.hpp>

#include "base/period.h"
#include "base/timestamp.h"
#include "usage/json_writer.h"

namespace aigw::usage {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

// Reads fields; the first that does not fit is the error.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const std::string& error() const { return error_; }

  std::int64_t count(const std::string& name, std::int64_t max = kCountMax) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() <= static_cast<std::uint64_t>(max)) {
      return value->get<std::int64_t>();
    }
    fail(name, "is no count");
    return 0;
  }

  // One that the first files of this version do not have.
  std::int64_t later_count(const std::string& name) { return object_.contains(name) ? count(name) : 0; }

  bool truth(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(name, "is neither true nor false");
    return value->is_boolean() && value->get<bool>();
  }

  std::string text(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) fail(name, "is no text");
    return value->is_string() ? value->get<std::string>() : std::string();
  }

  std::string period(const std::string& name) {
    std::string period = text(name);
    if (!Period::parse(period)) fail(name, "is neither a cron nor a time like 5h");
    return period;
  }

  std::optional<WallTime> time(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto time = value->is_string() ? parse_timestamp(value->get<std::string>()) : std::nullopt;
    if (!time) fail(name, "is no time like 2024-01-15T00:00:00+01:00");
    return time;
  }

  // The objects of a list.
  template <typename Read>
  void each(const std::string& name, Read read) {
    const Json* list = find(name);
    if (list == nullptr) return;
    if (!list->is_array()) return fail(name, "is no list");
    for (const Json& element : *list) {
      if (!element.is_object()) return fail(name, "holds something else than objects");
      Fields fields(element);
      read(fields);
      if (error_.empty() && !fields.error_.empty()) error_ = name + "[]." + fields.error_;
    }
  }

 private:
  const Json* find(const std::string& name) {
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    fail(name, "is missing");
    return nullptr;
  }

  void fail(const std::string& name, const char* what) {
    if (error_.empty()) error_ = name + " " + what;
  }

  const Json& object_;
  std::string error_;
};

void write_counts(JsonWriter& json, const std::string& prefix, const Counts& counts) {
  json.number(prefix + "requests", counts.requests);
  json.number(prefix + "tokens", counts.tokens());
  json.number(prefix + "prompt_tokens", counts.prompt_tokens);
  json.number(prefix + "completion_tokens", counts.completion_tokens);
  json.number(prefix + "estimated_tokens", counts.estimated_tokens);
  json.number(prefix + "errors", counts.errors);
  json.number(prefix + "cached_tokens", counts.cached_tokens);
  json.number(prefix + "cost_nanos", counts.cost);
  json.number(prefix + "unpriced_requests", counts.unpriced_requests);
}

void write_window(JsonWriter& json, const WindowState& window) {
  json.text("period", window.period);
  write_counts(json, "", window.used);
  json.time("last_reset", window.last_reset);
  json.time("next_reset", window.next_reset);
  json.number("since", static_cast<std::int64_t>(window.since));
}

void write_hour(JsonWriter& json, const HourTotal& total) {
  json.time("hour", total.hour);
  json.number("first_ms", std::chrono::floor<Millis>(total.first.time_since_epoch()).count());
  json.text("key", total.key);
  write_counts(json, "", total.used);
  json.number("duration_ms", total.duration.count());
  json.truth("written", total.written);
}

Counts read_counts(Fields& fields, const std::string& prefix) {
  Counts counts;
  counts.requests = fields.count(prefix + "requests");
  counts.prompt_tokens = fields.count(prefix + "prompt_tokens");
  counts.completion_tokens = fields.count(prefix + "completion_tokens");
  counts.estimated_tokens = fields.count(prefix + "estimated_tokens");
  counts.errors = fields.count(prefix + "errors");
  counts.cached_tokens = fields.later_count(prefix + "cached_tokens");
  counts.cost = fields.later_count(prefix + "cost_nanos");
  counts.unpriced_requests = fields.later_count(prefix + "unpriced_requests");
  return counts;
}

WindowState read_window(Fields& fields) {
  WindowState window;
  window.period = fields.period("period");
  window.used = read_counts(fields, "");
  window.last_reset = fields.time("last_reset");
  window.next_reset = fields.time("next_reset");
  window.since = static_cast<std::uint64_t>(fields.count("since"));
  return window;
}

HourTotal read_hour(Fields& fields) {
  HourTotal total;
  total.hour = fields.time("hour").value_or(WallTime());
  total.first = WallTime(Millis(fields.count("first_ms", kUnixMillisMax)));
  total.key = fields.text("key");
  total.used = read_counts(fields, "");
  total.duration = Millis(fields.count("duration_ms"));
  total.written = fields.truth("written");
  return total;
}

}  // namespace

std::string format_snapshot(const Snapshot& snapshot) {
  std::string text;
  text.reserve(2048);
  JsonWriter json(text);
  json.number("version", kVersion);
  json.text("model", snapshot.model);
  json.text("provider", snapshot.provider);
  write_window(json, snapshot.windows.front());
  json.list("other_windows", snapshot.windows.size() - 1,
            [&](JsonWriter& window, std::size_t i) { write_window(window, snapshot.windows[i + 1]); });
  write_counts(json, "total_", snapshot.total);
  json.list("hours", snapshot.hours.size(),
            [&](JsonWriter& hour, std::size_t i) { write_hour(hour, snapshot.hours[i]); });
  json.number("sequence", static_cast<std::int64_t>(snapshot.sequence));
  json.end();
  text += '\n';
  return text;
}

Result<Snapshot> parse_snapshot(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return invalid("it is no JSON object");
  Fields fields(json);
  if (fields.count("version") != kVersion) return invalid("its version is not " + std::to_string(kVersion));
  Snapshot snapshot;
  snapshot.model = fields.text("model");
  snapshot.provider = fields.text("provider");
  snapshot.windows.push_back(read_window(fields));
  fields.each("other_windows", [&](Fields& window) { snapshot.windows.push_back(read_window(window)); });
  snapshot.total = read_counts(fields, "total_");
  fields.each("hours", [&](Fields& hour) { snapshot.hours.push_back(read_hour(hour)); });
  snapshot.sequence = static_cast<std::uint64_t>(fields.count("sequence"));
  if (!fields.error().empty()) return invalid(fields.error());
  for (const WindowState& window : snapshot.windows) {
    if (window.since > snapshot.sequence) return invalid("since is after sequence");
  }
  return snapshot;
}

}  // namespace aigw::usage
