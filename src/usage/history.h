// The usage of the past, hour by hour, under `data/usage/history/`: a file `<day>.jsonl` for each local day, one JSON
// object a line for each hour, model, provider and key. A total is written when its hour is over.
//
//   {"hour":"2026-11-21T14:00:00+01:00","first_ms":1795267201123,"model":"gpt-4o","provider":"openai","key":"-",
//    "requests":12,"prompt_tokens":3400,"completion_tokens":910,"estimated_tokens":0,"errors":1,
//    "cached_tokens":1200,"cost_nanos":17600000,"unpriced_requests":0,"duration_ms":25310}
//
// A total may be written twice, when the process was killed between writing it and noting that it was; readers count
// totals of the same hour, model, provider, key and first exchange once, and take the largest. A file's day is that of
// the zone in which it was written; readers go by the hours, whatever zone they are in. (A total that was written twice
// in two zones stands in two files, and counts twice.)
//
// Threads: append() and drop_before() for one thread at a time; read() for any, also meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "usage/hours.h"

namespace aigw::usage {

// An hour's total of a provider entry.
struct HistoryRow {
  std::string model;
  std::string provider;
  HourTotal total;
};

class History {
 public:
  // Of a day there may be `day_bytes_max`: 256 MiB are a million lines.
  explicit History(std::filesystem::path folder, std::size_t day_bytes_max = std::size_t{256} << 20U)
      : folder_(std::move(folder)), day_bytes_max_(day_bytes_max) {}

  // Appends to the files of the rows' days and makes them durable; creates the folder if need be. All or nothing: on an
  // error, Io, what was written is taken back.
  Status append(const std::vector<HistoryRow>& rows) const;

  // Removes the files of days that had ended by `time`; other files in the folder stay. Errors: Io.
  Status drop_before(WallTime time) const;

  // Visits every row whose hour began in [from, to), each once: those of the files day by day, then `pending`, rows
  // that may not be in the files yet. Lines that can't be read are left out; returns how many those were, but for a
  // last one that is still being written. Holds a day's rows in memory. Errors: Io, also for a file that is too large.
  using Visit = std::function<void(const HistoryRow&)>;
  Result<std::int64_t> read(WallTime from, WallTime to, const std::vector<HistoryRow>& pending,
                            const Visit& visit) const;

 private:
  const std::filesystem::path folder_;
  const std::size_t day_bytes_max_;
};

}  // namespace aigw::usage
