// Prepaid balances of owners: credited by hand, charged for each exchange of their keys, and kept in the ledger.
//
// An owner has a balance from the first credit on. Exchanges hold what they are expected to cost; nobody starts once
// what is left and not held is 0 or less. The one that reaches 0 is let finish, so a balance may end a little below.
//
// A charge is in the journal when the client has its answer, and in the ledger a minute later, gathered by key and
// minute. Each has a number within its owner and key, and the ledger says which numbers it includes: so a charge is booked
// once, whenever the process ends.
//
// Threads: any; one mutex. write() and credit() hold another one while they are at the disk, so that lines stand in the
// order of their balances.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "usage/ledger.h"
#include "usage/record.h"

namespace aigw::usage {

class Wallets {
 public:
  explicit Wallets(std::filesystem::path ledger) : ledger_(std::move(ledger)) {}

  // Reads the ledger and checks each balance in it against the line before and its amount. Returns sentences about what
  // does not fit; the amounts are what counts. Errors Io.
  Result<std::vector<std::string>> load();

  bool has(std::string_view owner) const;
  // What is left, charges that are not in the ledger yet included; nothing without a balance.
  std::optional<NanoDollars> balance(std::string_view owner) const;
  // The same, and what it was after the last credit, the `credits`-th; at most some charges of that minute off.
  struct Standing {
    NanoDollars left = 0;
    NanoDollars after_credit = 0;
    std::int64_t credits = 0;
  };
  std::optional<Standing> standing(std::string_view owner) const;
  // Every owner with a balance, by name.
  std::vector<std::pair<std::string, NanoDollars>> balances() const;

  // ---- an exchange ----
  // Holds `cost` (>= 0) if something is left. Precondition: has(owner).
  bool reserve(std::string_view owner, NanoDollars cost);
  void give_back(std::string_view owner, NanoDollars cost);
  // Turns what is held into a charge. What comes back is for the journal and borrows the owner's word.
  Debit settle(std::string_view owner, NanoDollars held, std::string_view key, NanoDollars charge, WallTime now);
  // A record of the journal; counts if the ledger does not include it.
  void replay(std::string_view owner, std::string_view key, std::uint64_t sequence, NanoDollars charge, WallTime time);

  // ---- the ledger ----
  // Books an amount, of either sign, durably; the balance afterwards. Errors: Io, and nothing was booked; Invalid, the
  // amount is or the balance would be beyond +-900,000,000 dollars.
  Result<NanoDollars> credit(const std::string& owner, NanoDollars amount, const std::string& note,
                             const std::string& by, WallTime now);
  enum class Which { FinishedMinutes, All };
  Status write(WallTime now, Which which);
  // The latest `count_max` lines of an owner, the newest first. Errors Io.
  Result<std::vector<LedgerLine>> transactions(std::string_view owner, std::size_t count_max) const;

 private:
  // What a key was charged in a minute, not in the ledger yet.
  struct Batch {
    WallTime minute;
    std::int64_t requests = 0;
    NanoDollars amount = 0;
    std::uint64_t through = 0;
  };
  struct KeyCharges {
    std::uint64_t sequence = 0;  // of the last charge
    std::uint64_t through = 0;   // of the last one in the ledger
    std::deque<Batch> batches;
  };
  struct Wallet {
    std::string word;            // the owner's name, for the journal
    NanoDollars booked = 0;      // the balance in the ledger
    NanoDollars pending = 0;     // of all batches
    NanoDollars held = 0;
    bool credited = false;       // it has a balance
    NanoDollars after_credit = 0;
    std::int64_t credits = 0;    // without what was taken back
    std::map<std::string, KeyCharges, std::less<>> keys;
  };

  // With mutex_ held.
  Wallet& wallet(std::string_view owner);
  const Wallet* find(std::string_view owner) const;  // null without a balance
  static void charge(Wallet& wallet, std::string_view key, std::uint64_t sequence, NanoDollars amount, WallTime time);
  std::vector<LedgerLine> due_lines(WallTime now, Which which) const;
  void book(const std::vector<LedgerLine>& lines);

  const Ledger ledger_;
  std::mutex writing_;
  mutable std::mutex mutex_;  // guards what follows; taken after writing_
  std::map<std::string, Wallet, std::less<>> wallets_;
};

}  // namespace aigw::usage
