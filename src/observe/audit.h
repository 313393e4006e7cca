// The audit log, `logs/audit.log`: a JSON object a line for each change that was made through /admin, on the disk when
// the change is answered. It rotates by size as the log does (10 MiB, five old files: `audit.1.log` is the youngest).
//
//   {"time":"2026-11-21T14:00:00.123+01:00","who":"admin_key","from":"192.168.1.7","action":"key.change",
//    "target":"laptop","before":{…},"after":{…}}
//
// Threads: any; lines are written one after another, and each waits for the disk.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace aigw::observe {

struct AuditEntry {
  std::string_view who;     // the name of the key; `-` without one
  std::string_view from;    // the client's address
  std::string_view action;  // `key.create`, `config.reload`, …
  std::string_view target;  // what was changed: a name
  std::string before;       // JSON without secrets; empty: null
  std::string after;
};

class Audit {
 public:
  // In `folder`, which is created if need be. Errors Io: it can't be written; the message says why.
  static Result<std::unique_ptr<Audit>> open(const std::filesystem::path& folder);

  // Errors Io; the change it tells of has happened all the same.
  Status write(const AuditEntry& entry, WallTime now);

 private:
  explicit Audit(std::filesystem::path file) : file_(std::move(file)) {}
  void rotate();

  const std::filesystem::path file_;
  std::mutex writing_;  // one line at a time
};

// The line of an entry, with its end; for write() and its test. Whatever the entry holds, it is one line of JSON in
// UTF-8: bytes that are none are replaced, and what should be JSON but is not stands as a text.
std::string audit_line(const AuditEntry& entry, WallTime now);

}  // namespace aigw::observe
