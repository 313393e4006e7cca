#include "usage/history.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>

#include "base/local_time.h"
#include "base/timestamp.h"
#include "base/disk.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".jsonl";
constexpr std::int64_t kMillisMax = 7'258'118'400'000;  // the year 2200, where parse_timestamp ends
constexpr std::chrono::hours kZoneMax{16};              // no zone is further off UTC; they go to 14 hours

// ---- a line ---------------------------------------------------------------------------------------

std::string format_row(const HistoryRow& row) {
  const HourTotal& total = row.total;
  const nlohmann::ordered_json json = {
      {"hour", format_timestamp(total.hour)},
      {"first_ms", millis_of(total.first.time_since_epoch()).count()},
      {"model", row.model},
      {"provider", row.provider},
      {"key", total.key},
      {"requests", total.used.requests},
      {"prompt_tokens", total.used.prompt_tokens},
      {"completion_tokens", total.used.completion_tokens},
      {"estimated_tokens", total.used.estimated_tokens},
      {"errors", total.used.errors},
      {"cached_tokens", total.used.cached_tokens},
      {"cost_nanos", total.used.cost},
      {"unpriced_requests", total.used.unpriced_requests},
      {"duration_ms", total.duration.count()},
  };
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// Reads the members of a line; whole() is false after one that is missing, of another type or out of range.
class Members {
 public:
  explicit Members(simdjson::dom::object object) : object_(object) {}

  bool whole() const { return whole_; }

  std::int64_t count(const char* name, std::int64_t value_max = kCountMax) {
    std::int64_t value = 0;
    whole_ = object_[name].get_int64().get(value) == simdjson::SUCCESS && value >= 0 && value <= value_max && whole_;
    return whole_ ? value : 0;
  }

  // One that lines of earlier versions do not have.
  std::int64_t later_count(const char* name) {
    return object_[name].error() == simdjson::NO_SUCH_FIELD ? 0 : count(name);
  }

  std::string text(const char* name) {
    std::string_view value;
    whole_ = object_[name].get_string().get(value) == simdjson::SUCCESS && whole_;
    return std::string(value);
  }

  WallTime time(const char* name) {
    const auto time = parse_timestamp(text(name));
    whole_ = time.has_value() && whole_;
    return time.value_or(WallTime{});
  }

 private:
  simdjson::dom::object object_;
  bool whole_ = true;
};

std::optional<HistoryRow> parse_row(simdjson::dom::parser& parser, std::string_view line) {
  simdjson::dom::object object;
  if (parser.parse(line.data(), line.size()).get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  Members members(object);
  HistoryRow row;
  row.model = members.text("model");
  row.provider = members.text("provider");
  row.total.hour = members.time("hour");
  row.total.first = WallTime(Millis(members.count("first_ms", kMillisMax)));
  row.total.key = members.text("key");
  row.total.used.requests = members.count("requests");
  row.total.used.prompt_tokens = members.count("prompt_tokens");
  row.total.used.completion_tokens = members.count("completion_tokens");
  row.total.used.estimated_tokens = members.count("estimated_tokens");
  row.total.used.errors = members.count("errors");
  row.total.used.cached_tokens = members.later_count("cached_tokens");
  row.total.used.cost = members.later_count("cost_nanos");
  row.total.used.unpriced_requests = members.later_count("unpriced_requests");
  row.total.duration = Millis(members.count("duration_ms"));
  row.total.written = true;
  if (!members.whole()) return std::nullopt;
  return row;
}

// ---- the same total twice -------------------------------------------------------------------------

auto identity(const HistoryRow& row) {
  return std::tie(row.total.hour, row.model, row.provider, row.total.key, row.total.first);
}

auto size_of(const HistoryRow& row) { return std::tie(row.total.used.requests, row.total.used.errors); }

void keep_largest(std::vector<HistoryRow>& rows) {
  std::sort(rows.begin(), rows.end(), [](const HistoryRow& a, const HistoryRow& b) {
    return identity(a) != identity(b) ? identity(a) < identity(b) : size_of(a) > size_of(b);
  });
  const auto same = [](const HistoryRow& a, const HistoryRow& b) { return identity(a) == identity(b); };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
}

// If `row` is among `rows`, the larger of both is there afterwards. Precondition: keep_largest(rows).
bool merge(const HistoryRow& row, std::vector<HistoryRow>& rows) {
  const auto found = std::lower_bound(rows.begin(), rows.end(), row, [](const HistoryRow& a, const HistoryRow& b) {
    return identity(a) < identity(b);
  });
  if (found == rows.end() || identity(*found) != identity(row)) return false;
  if (size_of(row) > size_of(*found)) *found = row;
  return true;
}

// ---- files ----------------------------------------------------------------------------------------

struct DayFile {
  std::chrono::local_days day;
  fs::path path;
};

std::string file_of(WallTime hour) { return format_local_time(hour).substr(0, 10) + std::string(kExtension); }

std::optional<std::chrono::local_days> day_of(const fs::path& file) {
  if (file.extension() != kExtension) return std::nullopt;
  const auto as_if_utc = parse_timestamp(file.stem().string() + "T00:00:00Z");
  if (!as_if_utc) return std::nullopt;
  return std::chrono::local_days{std::chrono::floor<std::chrono::days>(*as_if_utc).time_since_epoch()};
}

// The days' files, oldest first; none if there is no folder.
Result<std::vector<DayFile>> day_files(const fs::path& folder) {
  std::vector<DayFile> files;
  if (is_missing(folder)) return files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto day = day_of(entry->path());
    std::error_code gone;
    if (day && entry->is_regular_file(gone)) files.push_back({*day, entry->path()});
  }
  if (error) return Error{ErrorKind::Io, "can't read " + folder.string() + ": " + error.message()};
  std::sort(files.begin(), files.end(), [](const DayFile& a, const DayFile& b) { return a.day < b.day; });
  return files;
}

// Whether hours in [from, to) may have been in that day when it was written, in whatever zone.
bool may_hold(const DayFile& file, WallTime from, WallTime to) {
  const WallTime begin{file.day.time_since_epoch()};
  return begin - kZoneMax < to && begin + std::chrono::days{1} + kZoneMax > from;
}

struct DayRows {
  std::vector<HistoryRow> rows;
  std::int64_t unreadable = 0;
};

Result<DayRows> read_day(simdjson::dom::parser& parser, const fs::path& path, std::size_t bytes_max, WallTime from,
                         WallTime to) {
  const Result<std::string> text = read_file(path, bytes_max);
  if (!text && is_missing(path)) return DayRows();  // dropped since the folder was read
  if (!text && text.error().kind == ErrorKind::Io) return text.error();
  if (!text) return Error{ErrorKind::Io, "can't read " + path.string() + ": " + text.error().detail};
  DayRows day;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) continue;
    auto row = parse_row(parser, line);
    if (!row && end != std::string_view::npos) ++day.unreadable;
    if (row && row->total.hour >= from && row->total.hour < to) day.rows.push_back(std::move(*row));
  }
  keep_largest(day.rows);
  return day;
}

Status create_folder(const fs::path& folder) {
  if (!is_missing(folder)) return Done{};
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{ErrorKind::Io, "can't create " + folder.string() + ": " + error.message()};
  return sync_folder(folder.parent_path());
}

}  // namespace

Status History::append(const std::vector<HistoryRow>& rows) const {
  if (rows.empty()) return Done{};
  std::map<std::string, std::string> lines_of;  // by file
  for (const HistoryRow& row : rows) lines_of[file_of(row.total.hour)] += format_row(row) + "\n";

  Status status = create_folder(folder_);
  std::vector<Appended> done;
  for (const auto& [file, lines] : lines_of) {
    if (!status) break;
    Result<Appended> appended = append_lines(folder_ / file, lines);
    if (appended) {
      done.push_back(std::move(*appended));
    } else {
      status = appended.error();
    }
  }
  if (status) status = sync_folder(folder_);
  if (!status) std::for_each(done.begin(), done.end(), take_back);
  return status;
}

Status History::drop_before(WallTime time) const {
  const auto files = day_files(folder_);
  if (!files) return files.error();
  for (const DayFile& file : *files) {
    if (first_instant(file.day + std::chrono::days{1}) > time) continue;
    std::error_code error;
    fs::remove(file.path, error);
    if (error) return Error{ErrorKind::Io, "can't remove " + file.path.string() + ": " + error.message()};
  }
  return Done{};
}

Result<std::int64_t> History::read(WallTime from, WallTime to, const std::vector<HistoryRow>& pending,
                                   const Visit& visit) const {
  simdjson::dom::parser parser;
  std::vector<HistoryRow> rest;  // pending ones that are not visited yet
  for (const HistoryRow& row : pending) {
    if (row.total.hour < from || row.total.hour >= to) continue;
    // As a file would give it: names that are no UTF-8 are not the same there.
    rest.push_back(parse_row(parser, format_row(row)).value_or(row));
  }
  keep_largest(rest);

  const auto files = day_files(folder_);
  if (!files) return files.error();
  std::int64_t unreadable = 0;
  for (const DayFile& file : *files) {
    if (!may_hold(file, from, to)) continue;
    const Result<DayRows> day = read_day(parser, file.path, day_bytes_max_, from, to);
    if (!day) return day.error();
    unreadable += day->unreadable;
    for (const HistoryRow& row : day->rows) {
      if (!merge(row, rest)) visit(row);
    }
  }
  std::for_each(rest.begin(), rest.end(), visit);
  return unreadable;
}

}  // namespace aigw::usage
