// A year of every kind of quota in a simulated clock: random traffic, requests that span resets, clocks that are set back
// and forward, ends of the process in order and by SIGKILL. A plain model counts along and must agree at each step.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <doctest/doctest.h>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/cron_oracle.h"
#include "base/timestamp.h"
#include "base/zone.h"
#include "usage/counters_fixture.h"
#include "usage/names.h"
#include "usage/year_model.h"

namespace aigw::usage {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kYear = 2025;
// It begins when every cron has fired in it, for the oracle to know that.
constexpr std::chrono::days kLater{33};

std::vector<EntryOf> entries() {
  const config::Quota account = {limit_of(9, {}, "30 2 * * *"), rolling("3h", {}, 900)};
  return {
      {"gpt", "daily", {limit_of(8)}},
      {"gpt", "hourly", {limit_of(2, {}, "0 * * * *")}},
      {"gpt", "weekly", {limit_of({}, 6'000, "30 2 * * sun")}},  // in the hour that is missing or comes twice
      {"gpt", "monthly", {limit_of(150, {}, "0 0 1 * *")}},
      {"gpt", "rolling", {rolling("5h", 3)}},
      {"gpt", "plan", {rolling("5h", 3), limit_of(45, {}, "0 9 * * mon"), limit_of({}, 22'000, "45 1 1,15 * *")}},
      {"gpt", "team", {}, "shared", account},
      {"claude", "team", {limit_of(4, {}, "0 */6 * * *")}, "shared", account},
  };
}

// An entry of the config: its counters in the model, and its meter.
struct Entry {
  model::Counter* own;
  model::Counter* account;  // null without one
  std::shared_ptr<Meter> meter;

  std::vector<model::Counter*> counters() const {
    return account != nullptr ? std::vector{own, account} : std::vector{own};
  }
};

class Year {
 public:
  // With a history of all the year, or none.
  Year(const oracle::WallClock& clock, bool history) : clock_(clock), history_(history) {
    now_ = WallTime{minutes{oracle::new_year(kYear)}} + kLater;
    for (const EntryOf& row : rows_) {
      models_.push_back(model::counter_of(row.model, row.provider, row.limits, clock));
      model::Counter* own = &models_.back();
      model::Counter* account = nullptr;
      if (!row.account.empty()) {
        account = find(std::string(kAccounts), row.account);
        if (account == nullptr) {
          models_.push_back(model::counter_of(std::string(kAccounts), row.account, row.account_limits, clock));
          account = &models_.back();
        }
      }
      entries_.push_back({own, account, nullptr});
    }
    for (model::Counter& counter : models_) counter.create(now_);
    open();
  }

  // Until the year is over or the model disagrees.
  void run() {
    const WallTime end = WallTime{minutes{oracle::new_year(kYear + 1)}} + kLater;
    while (now_ < end && agreed_) step();
  }

  bool agreed() const { return agreed_; }

  // What was reset and what is left must be all that was ever counted, in each window and in the history.
  void check_sums();

 private:
  struct InFlight {
    std::size_t entry;
    std::int64_t tokens;
    Reservation reservation;
  };

  std::int64_t number(std::int64_t min, std::int64_t max) {
    return min + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(max - min + 1));
  }
  bool once_in(std::int64_t times) { return number(1, times) == 1; }

  model::Counter* find(const std::string& model, const std::string& provider) {
    const auto found = std::find_if(models_.begin(), models_.end(), [&](const model::Counter& counter) {
      return counter.model == model && counter.provider == provider;
    });
    return found != models_.end() ? &*found : nullptr;
  }

  void step() {
    advance();
    if (once_in(clock_changes() ? 20 : 600)) restart();
    if (once_in(2)) tick();
    use();
  }
  // At this time: requests end, others begin.
  void use() {
    finish_some();
    if (once_in(2)) send(number(1, 4));
    compare();
  }

  bool clock_changes() const {
    return std::any_of(clock_.changes.begin(), clock_.changes.end(), [&](oracle::Minute change) {
      const auto distance = now_ - WallTime{minutes{change}};
      return distance > hours{-4} && distance < hours{4};
    });
  }
  void advance();
  void open();
  void restart();
  void use_unsaved();
  void forgive_unsaved();
  void tick();
  void finish_some();
  void settle(InFlight& exchange);
  void send(std::int64_t exchanges);
  void compare();

  // What `got` must be; ends the year at the first difference, there would be thousands.
  void agree(const std::string& what, const std::string& got, const std::string& want) {
    if (got == want) return;
    const std::string when = format_timestamp(now_);
    CAPTURE(when);
    CAPTURE(what);
    CHECK(got == want);
    agreed_ = false;
  }

  const oracle::WallClock& clock_;
  const bool history_;
  const std::vector<EntryOf> rows_ = entries();
  std::mt19937_64 random_{20250101};
  WallTime now_;
  bool agreed_ = true;

  std::deque<model::Counter> models_;  // never move
  std::vector<Entry> entries_;
  std::vector<Reset> want_resets_;  // since the last comparison
  std::vector<Reset> all_resets_;
  std::vector<Reset> unsaved_resets_;  // at least those since the last tick before a SIGKILL
  bool attempts_fail_ = true;
  std::int64_t refused_ = 0;

  std::vector<std::unique_ptr<TempFolder>> folders_;  // one for each SIGKILL, and the first
  std::unique_ptr<Gateway> gateway_;
  std::vector<InFlight> in_flight_;  // goes before the gateway
};

void Year::advance() {
  now_ += seconds{number(5, clock_changes() ? 600 : 7'200)};
  if (once_in(150)) now_ -= minutes{number(1, 300)};
  if (once_in(150)) now_ += minutes{number(1, 300)};
  if (once_in(3'000)) now_ -= hours{number(24, 72)};
}

void Year::open() {
  if (folders_.empty()) folders_.push_back(std::make_unique<TempFolder>());
  gateway_ = std::make_unique<Gateway>(folders_.back()->path(), now_);
  config::Config config = config_of(rows_);
  config.global.history_days = history_ ? 400 : 0;
  gateway_->counters->apply(config, now_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    entries_[i].meter = gateway_->counters->meter(rows_[i].model, rows_[i].provider);
  }
}

// Half of the times a SIGKILL. Then the gateway may be away for a while.
void Year::restart() {
  tick();
  compare();
  const bool killed = once_in(2);
  if (killed) {
    use_unsaved();
    folders_.push_back(std::make_unique<TempFolder>());
    copy_as_killed(folders_[folders_.size() - 2]->path(), folders_.back()->path());
  } else {
    for (InFlight& exchange : in_flight_) settle(exchange);
    compare();
  }
  in_flight_.clear();
  gateway_.reset();
  for (model::Counter& counter : models_) counter.forget_reserved();
  if (once_in(2)) now_ += minutes{number(1, clock_changes() ? 60 : 2'400)};
  open();
  for (model::Counter& counter : models_) counter.look(now_, want_resets_);
  if (killed) forgive_unsaved();
  compare();
}

// Hours without a tick: only the journal knows what happens in them, but for failed attempts, which it does not hold.
void Year::use_unsaved() {
  unsaved_resets_.clear();
  attempts_fail_ = false;
  for (std::int64_t more = number(0, 4); more > 0; --more) {
    now_ += minutes{number(1, 200)};
    use();
  }
  attempts_fail_ = true;
}

// A reset that neither a tick nor a later request has saved is made and reported again, together with the next one if
// that is due, too. So of these windows no more than one report is known here.
void Year::forgive_unsaved() {
  const auto take = [](std::vector<Reset>& resets, const Reset& of) {
    std::optional<Reset> taken;
    const auto found = std::find_if(resets.begin(), resets.end(), [&](const Reset& reset) {
      return reset.model == of.model && reset.provider == of.provider && reset.cause == of.cause;
    });
    if (found == resets.end()) return taken;
    taken = *found;
    resets.erase(found);
    return taken;
  };
  for (const Reset& unsaved : unsaved_resets_) {
    if (!take(gateway_->resets, unsaved)) continue;
    if (const auto due = take(want_resets_, unsaved)) all_resets_.push_back(*due);
  }
}

void Year::tick() {
  gateway_->counters->tick(now_);
  for (model::Counter& counter : models_) counter.look(now_, want_resets_);
}

void Year::settle(InFlight& exchange) {
  const Used used{number(0, 150), number(0, 100), once_in(4), once_in(20)};
  exchange.reservation.settle(used, clocks(now_));
  for (model::Counter* counter : entries_[exchange.entry].counters()) counter->look(now_, want_resets_);
  for (model::Counter* counter : entries_[exchange.entry].counters()) counter->settle(exchange.tokens, used, now_);
}

void Year::finish_some() {
  std::vector<InFlight> kept;
  for (InFlight& exchange : in_flight_) {
    if (once_in(3)) {
      kept.push_back(std::move(exchange));
    } else {
      settle(exchange);
    }
  }
  in_flight_ = std::move(kept);
}

// To one entry; most of them end at once, some later, some fail and give back what they reserved.
void Year::send(std::int64_t exchanges) {
  const auto index = static_cast<std::size_t>(number(0, static_cast<std::int64_t>(entries_.size()) - 1));
  const Entry& entry = entries_[index];
  for (; exchanges > 0; --exchanges) {
    const std::int64_t tokens = number(0, 300);
    auto reservation = entry.meter->reserve({tokens}, clocks(now_));
    bool full = false;
    WallTime until = now_;
    for (model::Counter* counter : entry.counters()) {
      counter->look(now_, want_resets_);
      full = full || counter->full();
      until = std::max(until, counter->full_until(now_));
    }
    agree("room", reservation ? "yes" : "no", full ? "no" : "yes");
    if (full) {
      ++refused_;
      agree("full until", model::text_of(entry.meter->full_until(now_)), format_timestamp(until));
    }
    if (full || !reservation) return;
    for (model::Counter* counter : entry.counters()) counter->reserve(tokens, now_);
    InFlight exchange{index, tokens, std::move(*reservation)};
    if (once_in(5)) {
      in_flight_.push_back(std::move(exchange));
    } else if (attempts_fail_ && once_in(8)) {
      entry.meter->count_error("-", now_);
      for (model::Counter* counter : entry.counters()) counter->count_error();
      for (model::Counter* counter : entry.counters()) counter->give_back(tokens);
    } else {
      settle(exchange);
    }
  }
}

void Year::compare() {
  for (const Entry& entry : entries_) {
    for (model::Counter* counter : entry.counters()) {
      const CounterState state = counter == entry.own ? entry.meter->state(now_) : *entry.meter->account_state(now_);
      counter->look(now_, want_resets_);
      if (model::same(state, *counter)) continue;
      agree(counter->model + "/" + counter->provider, model::text_of(state), model::text_of(*counter));
    }
  }
  agree("resets", model::text_of(gateway_->resets), model::text_of(want_resets_));
  for (std::vector<Reset>* list : {&all_resets_, &unsaved_resets_}) {
    list->insert(list->end(), want_resets_.begin(), want_resets_.end());
  }
  gateway_->resets.clear();
  want_resets_.clear();
  for (const std::string& warning : gateway_->warnings) agree("warning", warning, "");
  gateway_->warnings.clear();
}

void Year::check_sums() {
  std::map<std::string, std::int64_t> in_history;
  const auto unreadable = gateway_->counters->read_history(
      WallTime(), now_ + hours{24},
      [&](const HistoryRow& row) { in_history[row.model + "/" + row.provider] += row.total.used.requests; });
  REQUIRE(unreadable);
  CHECK(*unreadable == 0);
  for (const model::Counter& counter : models_) {
    const std::string name = counter.model + "/" + counter.provider;
    CAPTURE(name);
    if (history_ && counter.model != kAccounts) CHECK(in_history[name] == counter.total.requests);
    for (const model::Window& window : counter.windows) {
      const std::string period = window.limit.period_text();
      CAPTURE(period);
      Counts sum = window.used;
      std::int64_t resets = 0;
      for (const Reset& reset : all_resets_) {
        if (reset.model != counter.model || reset.provider != counter.provider || reset.cause != period) continue;
        sum += reset.before;
        ++resets;
      }
      CHECK(model::text_of(sum) == model::text_of(counter.total));
      CHECK(counter.total.requests > 500);
      if (!period.empty()) CHECK(resets >= 12);
    }
  }
  CHECK(refused_ > 500);
  CHECK(folders_.size() > 5);
}

}  // namespace

TEST_SUITE("usage/year") {

TEST_CASE("through a year each window holds what was used since its last reset, and each reset is made once") {
  struct Row {
    std::string zone;
    bool history;  // costs as much as all the rest
  };
  for (const Row& row : {Row{kBerlin, false}, Row{kLordHowe, true}}) {
    CAPTURE(row.zone);
    const Zone zone(row.zone.c_str());
    const oracle::WallClock clock = oracle::watch(kYear, 2);
    REQUIRE(clock.changes.size() == 4);
    Year year(clock, row.history);
    year.run();
    if (year.agreed()) year.check_sums();
  }
}

}  // TEST_SUITE

}  // namespace aigw::usage
