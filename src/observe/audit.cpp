#include "observe/audit.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/disk.h"
#include "base/timestamp.h"
#include "config/document.h"

namespace aigw::observe {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kAuditBytesMax = 10 * 1024 * 1024;
constexpr int kOldFiles = 5;

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_or_text(const std::string& text) {
  if (text.empty()) return "null";
  const config::Document document = config::parse_document(text);
  return document.problems.empty() ? config::json_of(document.root) : json_text(text);
}

// As the log's lines have it.
std::string time_with_millis(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03d", static_cast<int>(millis_of(time - second).count()));
  return format_timestamp(second).insert(std::string_view("2026-11-21T14:00:00").size(), fraction.data());
}

fs::path old_file(const fs::path& file, int number) {
  if (number == 0) return file;
  return file.parent_path() / (file.stem().string() + "." + std::to_string(number) + file.extension().string());
}

}  // namespace

Result<std::unique_ptr<Audit>> Audit::open(const fs::path& folder) {
  std::error_code ignored;  // to append says what is wrong
  fs::create_directories(folder, ignored);
  const fs::path file = folder / "audit.log";
  const Result<Appended> appended = append_lines(file, "");
  if (!appended) return appended.error();
  return std::unique_ptr<Audit>(new Audit(file));
}

Status Audit::write(const AuditEntry& entry, WallTime now) {
  const std::string line = audit_line(entry, now);
  const std::lock_guard<std::mutex> lock(writing_);
  std::error_code missing;
  const std::uintmax_t bytes = fs::file_size(file_, missing);
  if (!missing && bytes > 0 && bytes + line.size() > kAuditBytesMax) rotate();
  const Result<Appended> appended = append_lines(file_, line);
  if (!appended) return appended.error();
  return appended->bytes_before == 0 ? sync_folder(file_.parent_path()) : Status(Done{});  // the file is new
}

// A file that can't be renamed stays where it is and grows: better than a line that is lost.
void Audit::rotate() {
  for (int number = kOldFiles; number > 0; --number) {
    std::error_code ignored;  // not all are there
    fs::rename(old_file(file_, number - 1), old_file(file_, number), ignored);
  }
}

std::string audit_line(const AuditEntry& entry, WallTime now) {
  std::string line = "{\"time\":" + json_text(time_with_millis(now));
  line += ",\"who\":" + json_text(entry.who);
  line += ",\"from\":" + json_text(entry.from);
  line += ",\"action\":" + json_text(entry.action);
  line += ",\"target\":" + json_text(entry.target);
  line += ",\"before\":" + json_or_text(entry.before);
  line += ",\"after\":" + json_or_text(entry.after);
  return line + "}\n";
}

}  // namespace aigw::observe
