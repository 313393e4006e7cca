#include "usage/wallets.h"

#include <algorithm>

#include "usage/names.h"

namespace aigw::usage {
namespace {

// Should the disk refuse for hours, minutes are joined.
constexpr std::size_t kBatchesMax = 60;

WallTime minute_of(WallTime time) { return std::chrono::floor<std::chrono::minutes>(time); }

}  // namespace

Result<std::vector<std::string>> Wallets::load() {
  std::vector<std::string> problems;
  const auto problem = [&](std::int64_t number, const std::string& what) {
    if (problems.size() < 10) {
      problems.push_back("line " + std::to_string(number) + " of " + ledger_.path().string() + " " + what);
    }
  };
  std::map<std::string, NanoDollars> stated_until_here;  // by owner, in the last line
  const std::lock_guard<std::mutex> lock(mutex_);
  const Status read = ledger_.read(
      [&](std::int64_t number, const LedgerLine& line) {
        book({line});
        NanoDollars& stated = stated_until_here[line.owner];
        const NanoDollars fitting = std::exchange(stated, line.balance) + line.amount;
        if (fitting == line.balance) return;
        problem(number, "says that " + line.owner + " has " + format_dollars(line.balance) +
                            " afterwards, but by the lines before it is " + format_dollars(fitting));
      },
      [&](std::int64_t number) { problem(number, "can't be read, and does not count"); });
  if (!read) return read.error();
  return problems;
}

bool Wallets::has(std::string_view owner) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return find(owner) != nullptr;
}

std::optional<NanoDollars> Wallets::balance(std::string_view owner) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Wallet* const found = find(owner);
  return found == nullptr ? std::nullopt : std::optional(found->booked - found->pending);
}

std::optional<Wallets::Standing> Wallets::standing(std::string_view owner) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Wallet* const found = find(owner);
  if (found == nullptr) return std::nullopt;
  return Standing{found->booked - found->pending, found->after_credit, found->credits};
}

std::vector<std::pair<std::string, NanoDollars>> Wallets::balances() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::pair<std::string, NanoDollars>> result;
  for (const auto& [owner, each] : wallets_) {
    if (each.credited) result.emplace_back(owner, each.booked - each.pending);
  }
  return result;
}

bool Wallets::reserve(std::string_view owner, NanoDollars cost) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Wallet& from = wallet(owner);
  if (from.booked - from.pending - from.held <= 0) return false;
  from.held += cost;
  return true;
}

void Wallets::give_back(std::string_view owner, NanoDollars cost) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wallet(owner).held -= cost;
}

Debit Wallets::settle(std::string_view owner, NanoDollars held, std::string_view key, NanoDollars amount,
                      WallTime now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Wallet& from = wallet(owner);
  from.held -= held;
  const auto known = from.keys.find(key);
  const std::uint64_t sequence = known == from.keys.end() ? 1 : known->second.sequence + 1;
  charge(from, key, sequence, amount, now);
  return {sequence, from.word};
}

void Wallets::replay(std::string_view owner, std::string_view key, std::uint64_t sequence, NanoDollars amount,
                     WallTime time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Wallet& from = wallet(owner);
  const auto known = from.keys.find(key);
  if (known != from.keys.end() && sequence <= known->second.through) return;
  charge(from, key, sequence, amount, time);
}

Result<NanoDollars> Wallets::credit(const std::string& owner, NanoDollars amount, const std::string& note,
                                    const std::string& by, WallTime now) {
  const auto beyond = [](NanoDollars sum) { return sum > kLedgerMost || sum < -kLedgerMost; };
  if (beyond(amount)) return invalid("the amount is beyond 900000000 dollars");
  const std::lock_guard<std::mutex> writing(writing_);
  LedgerLine line;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Wallet* const known = find(owner);
    line.balance = (known == nullptr ? 0 : known->booked) + amount;
  }
  if (beyond(line.balance)) return invalid("the balance would be beyond 900000000 dollars");
  line.time = now;
  line.owner = owner;
  line.amount = amount;
  line.note = note;
  line.by = by;
  if (const Status written = ledger_.append({line}); !written) return written.error();
  const std::lock_guard<std::mutex> lock(mutex_);
  book({line});
  const Wallet& booked = wallet(owner);
  return booked.booked - booked.pending;
}

Status Wallets::write(WallTime now, Which which) {
  const std::lock_guard<std::mutex> writing(writing_);
  std::vector<LedgerLine> lines;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines = due_lines(now, which);
  }
  if (const Status written = ledger_.append(lines); !written) return written;
  const std::lock_guard<std::mutex> lock(mutex_);
  book(lines);
  return Done{};
}

Result<std::vector<LedgerLine>> Wallets::transactions(std::string_view owner, std::size_t count_max) const {
  std::deque<LedgerLine> latest;
  const Status read = ledger_.read(
      [&](std::int64_t, const LedgerLine& line) {
        if (line.owner != owner) return;
        latest.push_back(line);
        if (latest.size() > count_max) latest.pop_front();
      },
      [](std::int64_t) {});
  if (!read) return read.error();
  return std::vector<LedgerLine>(latest.rbegin(), latest.rend());
}

Wallets::Wallet& Wallets::wallet(std::string_view owner) {
  const auto found = wallets_.find(owner);
  if (found != wallets_.end()) return found->second;
  Wallet& made = wallets_[std::string(owner)];
  made.word = word_of(owner);
  return made;
}

const Wallets::Wallet* Wallets::find(std::string_view owner) const {
  const auto found = wallets_.find(owner);
  return found == wallets_.end() || !found->second.credited ? nullptr : &found->second;
}

void Wallets::charge(Wallet& wallet, std::string_view key, std::uint64_t sequence, NanoDollars amount,
                     WallTime time) {
  const auto known = wallet.keys.find(key);
  KeyCharges& charges = known != wallet.keys.end() ? known->second : wallet.keys[std::string(key)];
  // Records are not always written in the order of their numbers. One that comes late is booked with the higher ones:
  // booked after them, the ledger would say that it includes it while it does not yet.
  const bool late = sequence < charges.sequence;
  charges.sequence = std::max(charges.sequence, sequence);
  wallet.pending += amount;
  std::deque<Batch>& batches = charges.batches;
  const WallTime minute = minute_of(time);
  // A clock that steps back does not open the minute before once more.
  const bool begins = batches.empty() || (!late && batches.back().minute < minute && batches.size() < kBatchesMax);
  if (begins) batches.push_back({minute, 0, 0, 0});
  Batch& batch = batches.back();
  ++batch.requests;
  batch.amount += amount;
  batch.through = charges.sequence;
}

std::vector<LedgerLine> Wallets::due_lines(WallTime now, Which which) const {
  std::vector<LedgerLine> lines;
  for (const auto& [owner, each] : wallets_) {
    NanoDollars balance = each.booked;
    for (const auto& [key, charges] : each.keys) {
      for (const Batch& batch : charges.batches) {
        if (which == Which::FinishedMinutes && batch.minute >= minute_of(now)) continue;
        balance -= batch.amount;
        lines.push_back({batch.minute, LedgerLine::Kind::Debit, owner, -batch.amount, balance, "", "", key,
                         batch.requests, batch.through});
      }
    }
  }
  return lines;
}

// What was charged since the lines were made stays pending.
void Wallets::book(const std::vector<LedgerLine>& lines) {
  for (const LedgerLine& line : lines) {
    Wallet& into = wallet(line.owner);
    into.booked = std::clamp(into.booked + line.amount, -4 * kLedgerMost, 4 * kLedgerMost);  // a ledger may hold anything
    if (line.kind == LedgerLine::Kind::Credit) {
      into.credited = true;
      if (line.amount <= 0) continue;
      into.after_credit = into.booked - into.pending;
      ++into.credits;
      continue;
    }
    KeyCharges& charges = into.keys[line.key];
    charges.sequence = std::max(charges.sequence, line.through);
    charges.through = std::max(charges.through, line.through);
    if (charges.batches.empty()) continue;  // while the ledger is read
    Batch& batch = charges.batches.front();
    into.pending += line.amount;
    batch.amount += line.amount;
    batch.requests -= line.requests;
    if (batch.through <= line.through) charges.batches.pop_front();
  }
}

}  // namespace aigw::usage
