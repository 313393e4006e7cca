#include "usage/snapshot.h"

#include <nlohmann/json.hpp>

#include "base/timestamp.h"

namespace aigw::usage {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::int64_t kCountMax = 100'000'000'000'000'000;  // so that sums of a few of them can't overflow

Json timestamp_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_timestamp(*time)) : Json(nullptr);
}

// Reads fields; the first that does not fit is the error.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const std::string& error() const { return error_; }

  std::int64_t count(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() <= static_cast<std::uint64_t>(kCountMax)) {
      return value->get<std::int64_t>();
    }
    fail(name, "is no count");
    return 0;
  }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) fail(name, "is no text");
    return value->is_string() ? value->get<std::string>() : std::string();
  }

  std::optional<WallTime> time(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto time = value->is_string() ? parse_timestamp(value->get<std::string>()) : std::nullopt;
    if (!time) fail(name, "is no time like 2024-01-15T00:00:00+01:00");
    return time;
  }

 private:
  const Json* find(const char* name) {
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    fail(name, "is missing");
    return nullptr;
  }

  void fail(const char* name, const char* what) {
    if (error_.empty()) error_ = std::string(name) + " " + what;
  }

  const Json& object_;
  std::string error_;
};

Error invalid(std::string what) { return Error{ErrorKind::Invalid, std::move(what)}; }

}  // namespace

std::string format_snapshot(const Snapshot& snapshot) {
  const CounterState& state = snapshot.state;
  const Json json = {
      {"version", kVersion},
      {"model", snapshot.model},
      {"provider", snapshot.provider},
      {"requests", state.requests},
      {"tokens", state.tokens},
      {"prompt_tokens", state.prompt_tokens},
      {"completion_tokens", state.completion_tokens},
      {"estimated_tokens", state.estimated_tokens},
      {"errors", state.errors},
      {"last_reset", timestamp_or_null(state.last_reset)},
      {"next_reset", timestamp_or_null(state.next_reset)},
      {"total_requests", state.total_requests},
      {"total_tokens", state.total_tokens},
      {"period_cron", snapshot.period_cron},
      {"period", snapshot.period},
      {"sequence", snapshot.sequence},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Snapshot> parse_snapshot(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return invalid("it is no JSON object");
  Fields fields(json);
  if (fields.count("version") != kVersion) return invalid("its version is not " + std::to_string(kVersion));
  Snapshot snapshot;
  snapshot.model = fields.text("model");
  snapshot.provider = fields.text("provider");
  CounterState& state = snapshot.state;
  state.requests = fields.count("requests");
  state.tokens = fields.count("tokens");
  state.prompt_tokens = fields.count("prompt_tokens");
  state.completion_tokens = fields.count("completion_tokens");
  state.estimated_tokens = fields.count("estimated_tokens");
  state.errors = fields.count("errors");
  state.last_reset = fields.time("last_reset");
  state.next_reset = fields.time("next_reset");
  state.total_requests = fields.count("total_requests");
  state.total_tokens = fields.count("total_tokens");
  snapshot.period_cron = fields.text("period_cron");
  snapshot.period = static_cast<std::uint64_t>(fields.count("period"));
  snapshot.sequence = static_cast<std::uint64_t>(fields.count("sequence"));
  if (!fields.error().empty()) return invalid(fields.error());
  return snapshot;
}

}  // namespace aigw::usage
