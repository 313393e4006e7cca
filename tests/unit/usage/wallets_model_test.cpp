// A long life of balances, by chance: charges of several owners and keys, credits, writes, full disks and crashes at
// any moment, held against the plainest sum. A journal is kept as the process keeps it: a record is written after the
// charge was counted, late and out of order, and the journal is cut behind the ledger.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"
#include "usage/names.h"
#include "usage/replay.h"
#include "usage/wallets.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using std::chrono::seconds;
using Which = Wallets::Which;
using Sums = std::map<std::string, NanoDollars>;

const std::vector<std::string> kOwners = {"anna", "bert b", "日本"};
const std::vector<std::string> kKeyNames = {"laptop", "the phone", "-"};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) { start(); }

  void live(int steps) {
    for (int step = 0; step < steps; ++step) {
      CAPTURE(step);
      const int dice = below(100);
      if (dice < 65) exchange();
      else if (dice < 68) credit();
      else if (dice < 78) write(below(5) == 0 ? Which::All : Which::FinishedMinutes);
      else if (dice < 82) write_to_full_disk();
      else if (dice < 85) write_records();
      else if (dice < 86) cut_journal();
      else if (dice < 93) pass_time();
      else crash();
      check_balances();
    }
    crash();
    check_balances();
    write(Which::All);
    check_balances();
    CHECK(ledger_sums() == expected_);
    CHECK(crashes_ > 3);
    CHECK(crashes_ + full_disks_ > 10);
  }

 private:
  struct Line {
    std::string text;
    std::string owner, key;
    std::uint64_t sequence;
    NanoDollars charge;
  };

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }

  void start() {
    wallets_ = std::make_unique<Wallets>(folder_ / "ledger.jsonl");
    const auto problems = wallets_->load();
    REQUIRE(problems);
    CHECK(*problems == std::vector<std::string>{});
    Replay replay({}, {}, *wallets_);
    std::string text = old_journal_;
    for (const Line& line : journal_) text += line.text;
    CHECK(replay.read(text) == 0);
  }

  void exchange() {
    const std::string& owner = one_of(kOwners);
    if (!wallets_->has(owner)) return;
    const NanoDollars estimate = below(1'000'000);
    if (!wallets_->reserve(owner, estimate)) return;
    if (below(10) == 0) return wallets_->give_back(owner, estimate);
    Record record;
    record.time = now_ - seconds(below(90));  // a slow thread read its clock long before
    record.used.key = one_of(kKeyNames);
    record.used.charge = below(8) == 0 ? 0 : below(2'000'000'000);
    record.marks = {{++sequence_, false, "gpt one", {{}}}};
    record.debit = wallets_->settle(owner, estimate, record.used.key, record.used.charge, record.time);
    expected_[owner] -= record.used.charge;
    unwritten_.push_back(
        {format_record(record), owner, std::string(record.used.key), record.debit->sequence, record.used.charge});
    if (below(4) == 0) write_records();
  }

  void credit() {
    const std::string& owner = one_of(kOwners);
    const NanoDollars amount = (below(2'000'000) - 200'000) * 10'007LL;
    REQUIRE(wallets_->credit(owner, amount, "by chance", "admin", now_));
    expected_[owner] += amount;
  }

  void write(Which which) { REQUIRE(wallets_->write(now_, which)); }

  void write_to_full_disk() {
    const std::string before = contents(folder_ / "ledger.jsonl");
    const FileSizeLimit full(before.size() + static_cast<std::size_t>(below(100)));
    if (wallets_->write(now_, Which::All)) return;
    ++full_disks_;
    CHECK(contents(folder_ / "ledger.jsonl") == before);
  }

  // Threads get there in any order.
  void write_records() {
    std::shuffle(unwritten_.begin(), unwritten_.end(), random_);
    for (Line& line : unwritten_) journal_.push_back(std::move(line));
    unwritten_.clear();
  }

  // As the store does it. A record whose charge was counted before the cut may be written after it.
  void cut_journal() {
    if (!old_journal_.empty()) write(Which::All);
    old_journal_.clear();
    for (const Line& line : journal_) old_journal_ += line.text;
    journal_.clear();
    if (below(3) == 0) return;  // the process ends before, or the disk is full
    write(Which::All);
    old_journal_.clear();
  }

  void pass_time() {
    now_ += seconds(below(10) == 0 ? -below(300) : below(60));
  }

  // What was counted and neither journalled nor booked is gone; nobody was told of it.
  void crash() {
    ++crashes_;
    std::map<std::pair<std::string, std::string>, std::uint64_t> through;
    read_ledger([&](const LedgerLine& line) {
      std::uint64_t& last = through[{line.owner, line.key}];
      last = std::max(last, line.through);
    });
    for (const Line& line : unwritten_) {
      if (line.sequence > through[{line.owner, line.key}]) expected_[line.owner] += line.charge;
    }
    unwritten_.clear();
    start();
  }

  template <typename Visit>
  void read_ledger(Visit visit) const {
    const Ledger ledger(folder_ / "ledger.jsonl");
    REQUIRE(ledger.read([&](std::int64_t, const LedgerLine& line) { visit(line); },
                        [](std::int64_t number) { FAIL_CHECK("line ", number); }));
  }

  Sums ledger_sums() const {
    Sums sums;
    for (const std::string& owner : kOwners) sums[owner] = 0;
    read_ledger([&](const LedgerLine& line) { sums[line.owner] += line.amount; });
    return sums;
  }

  void check_balances() {
    for (const std::string& owner : kOwners) {
      CAPTURE(owner);
      expected_[owner] += 0;
      REQUIRE(wallets_->balance(owner).value_or(0) == expected_[owner]);
    }
  }

  std::mt19937_64 random_;
  const TempFolder folder_;
  WallTime now_{seconds{1'795'270'810}};
  std::unique_ptr<Wallets> wallets_;
  std::vector<Line> journal_, unwritten_;
  std::string old_journal_;
  Sums expected_;  // credits minus what was charged
  std::uint64_t sequence_ = 0;
  int crashes_ = 0;
  int full_disks_ = 0;
};

}  // namespace

TEST_SUITE("usage/wallets_model") {
  TEST_CASE("to the nano-dollar: the ledger and what is pending are the credits minus the charges, whatever happens") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      CAPTURE(seed);
      Life(seed).live(400);
    }
  }
}
