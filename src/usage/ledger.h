// The ledger of prepaid balances, `data/ledger.jsonl`: one JSON object a line for each credit, and for what each key was
// charged in a minute. Lines are only ever added.
//
//   {"time":"2026-11-21T14:00:00+01:00","kind":"credit","owner":"anna","amount_nanos":5000000000,
//    "balance_nanos":5000000000,"note":"cash","by":"admin_key"}
//   {"time":"2026-11-21T14:07:00+01:00","kind":"debit","owner":"anna","key":"laptop","requests":12,
//    "amount_nanos":-17600000,"balance_nanos":4982400000,"through":57}
//
// `balance_nanos` is the owner's balance after the line, `through` the last debit of that owner and key that is included
// (Debit::sequence in record.h).
//
// For one thread at a time, but for read(), which may be called from any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"

namespace aigw::usage {

// No amount and no balance is beyond it, on either side: a few of them add up without overflow.
inline constexpr NanoDollars kLedgerMost = 900'000'000 * kDollar;

struct LedgerLine {
  enum class Kind { Credit, Debit };
  WallTime time;               // of a debit the beginning of its minute; full seconds
  Kind kind = Kind::Credit;
  std::string owner;
  NanoDollars amount = 0;      // of a debit 0 or less
  NanoDollars balance = 0;
  std::string note;            // of a credit, in the words of who made it
  std::string by;              // … the name of the key that was used
  std::string key;             // of a debit
  std::int64_t requests = 0;
  std::uint64_t through = 0;
  bool operator==(const LedgerLine&) const = default;
};

class Ledger {
 public:
  explicit Ledger(std::filesystem::path path) : path_(std::move(path)) {}

  // Durable, all or nothing. Errors Io.
  Status append(const std::vector<LedgerLine>& lines) const;

  // Visits every line, the oldest first. A line that can't be read is handed to `on_bad` with its number, but for a last
  // one without a line end: an append that broke off. Errors Io.
  using Visit = std::function<void(std::int64_t number, const LedgerLine& line)>;
  using OnBad = std::function<void(std::int64_t number)>;
  Status read(const Visit& visit, const OnBad& on_bad) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace aigw::usage
