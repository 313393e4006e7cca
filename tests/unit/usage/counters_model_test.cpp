// A long life of counters, by chance: exchanges, resets, reloads and kills in any order, held against a model that
// says in the plainest words what counts where.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "usage/counters_fixture.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct ModelWindow {
  config::QuotaWindow limit;
  Period period;
  Counts used;
  std::optional<WallTime> begin, end;

  void find_end(WallTime now) { end = begin ? period.end_after(*begin, now) : std::nullopt; }
  void start(WallTime now) {
    used = {};
    begin.reset();
    if (!period.rolls()) begin = period.begin_at(now);
    find_end(now);
  }
  void wait_if_unused() {
    if (period.rolls() && used.requests == 0) begin = end = std::nullopt;
  }
  void use_from(WallTime now) {
    if (begin) return;
    begin = std::chrono::ceil<seconds>(now);
    find_end(now);
  }
  bool full(std::int64_t requests, std::int64_t tokens) const {
    return (limit.requests_per_period && used.requests + requests >= *limit.requests_per_period) ||
           (limit.tokens_per_period && used.tokens() + tokens >= *limit.tokens_per_period);
  }
};

struct ModelCounter {
  std::vector<ModelWindow> windows;
  Counts total;
  std::int64_t requests = 0, tokens = 0;  // reserved

  void roll(WallTime now) {
    for (ModelWindow& window : windows) {
      if (window.end && now >= *window.end) window.start(now);
    }
  }
  bool full() const {
    return std::any_of(windows.begin(), windows.end(),
                       [&](const ModelWindow& window) { return window.full(requests, tokens); });
  }
  void reserve(std::int64_t held, WallTime now) {
    ++requests;
    tokens += held;
    for (ModelWindow& window : windows) window.use_from(now);
  }
  void release(std::int64_t held) {
    --requests;
    tokens -= held;
  }
  void give_back(std::int64_t held) {
    release(held);
    if (requests > 0) return;
    for (ModelWindow& window : windows) window.wait_if_unused();
  }
  void settle(std::int64_t held, const Used& used, WallTime now) {
    release(held);
    roll(now);
    total.add(used);
    for (ModelWindow& window : windows) {
      window.use_from(now);
      window.used.add(used);
    }
  }
  void clear(WallTime now) {
    total = {};
    for (ModelWindow& window : windows) {
      window.start(now);
      if (!window.period.rolls()) window.begin = std::chrono::floor<seconds>(now);
    }
  }
  void kill(WallTime now) {
    requests = tokens = 0;
    for (ModelWindow& window : windows) window.wait_if_unused();
    roll(now);
  }
  // Each line of the config goes on with the window of its period, else with the first that is left over, else anew.
  void configure(config::Quota limits, WallTime now) {
    roll(now);
    if (limits.empty()) limits.push_back(limit_of({}, {}, ""));
    std::map<std::string, ModelWindow> same;
    std::vector<ModelWindow> left_over;
    for (const ModelWindow& window : windows) {
      const bool stays = std::any_of(limits.begin(), limits.end(),
                                     [&](const auto& limit) { return limit.period_text() == window.period.text(); });
      if (stays) same.emplace(window.period.text(), window);
      if (!stays) left_over.push_back(window);
    }
    windows.clear();
    for (const config::QuotaWindow& limit : limits) {
      ModelWindow window{{}, {}, {}, std::chrono::floor<seconds>(now), {}};
      if (const auto found = same.find(limit.period_text()); found != same.end()) {
        window = found->second;
      } else if (!left_over.empty()) {
        window = left_over.front();
        left_over.erase(left_over.begin());
      }
      follow(window, limit, now);
      windows.push_back(window);
    }
  }
  static void follow(ModelWindow& window, const config::QuotaWindow& limit, WallTime now) {
    const Period before = std::exchange(window.period, period_of(limit.period_text()));
    window.limit = limit;
    if (before.text() == window.period.text()) return;
    const bool all_in_this_period = !window.period.rolls() && window.begin >= window.period.begin_at(now);
    if (before.text().empty() && !all_in_this_period) return window.start(now);
    if (!before.rolls()) window.wait_if_unused();
    if (!window.begin && !window.period.rolls()) window.begin = window.period.begin_at(now);
    window.find_end(now);
    if (!window.end || *window.end > now) return;
    window.begin = window.period.begin_at(now);  // the shorter time would be over: its counts stay for one more
    window.find_end(now);
  }
};

struct Config {
  config::Quota own, account;
};

const std::vector<Config>& configs() {
  static const std::vector<Config> all = {
      {{limit_of(30, 900), rolling("2h", 8)}, {limit_of(60), rolling("5h", 25), rolling("30m", 9, 200)}},
      {{rolling("2h", 8)}, {rolling("30m", 5)}},
      {{rolling("2h", 8), limit_of(12, {}, "0 * * * *")}, {limit_of(60)}},
      {{limit_of(12, {}, "*/20 * * * *"), rolling("3h", 20), limit_of(30, 900)}, {rolling("5h", 25), limit_of(60)}},
      {{}, {limit_of({}, 2000, "@weekly")}},
      {{limit_of({}, 300, "0 */4 * * *")}, {rolling("1d", 70), rolling("30m", 9, 200)}}};
  return all;
}

config::Config config_at(std::size_t index) {
  config::Config config = config_of({{"gpt", "one", configs()[index].own, "acme", configs()[index].account}});
  config.global.history_days = 3650;
  config.global.durability = index % 2 == 0 ? config::Durability::Strict : config::Durability::Normal;
  return config;
}

class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) {
    own_.windows = account_.windows = {{{}, {}, {}, std::chrono::floor<seconds>(now_), {}}};
    open();
    configure_model();
  }

  void step() {
    const int dice = below(100);
    if (dice < 35) return reserve();
    if (dice < 60) return settle();
    if (dice < 68) return give_back();
    if (dice < 80) return wait();
    if (dice < 87) return tick();
    if (dice < 89) return flush();
    if (dice < 93) return reload();
    if (dice < 95) return reset();
    if (dice < 96) return delete_file();
    kill();
  }

  void check() {
    REQUIRE(gateway_->warnings.empty());
    check(gateway_->state(now_), own_);
    check(*gateway_->meter()->account_state(now_), account_);
  }

 private:
  struct InFlight {
    Reservation reservation;
    std::int64_t tokens;
  };

  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  void open() {
    gateway_ = std::make_unique<Gateway>(folders_[folder_].path(), now_);
    gateway_->counters->apply(config_at(config_), now_);
  }

  void check(const CounterState& got, ModelCounter& want) {
    want.roll(now_);
    CHECK(got.total == want.total);
    CHECK(got.reserved_requests == want.requests);
    CHECK(got.reserved_tokens == want.tokens);
    REQUIRE(got.windows.size() == want.windows.size());
    for (std::size_t i = 0; i < want.windows.size(); ++i) {
      CAPTURE(want.windows[i].period.text());
      CHECK(got.windows[i].period == want.windows[i].period.text());
      CHECK(got.windows[i].used == want.windows[i].used);
      CHECK(got.windows[i].last_reset == want.windows[i].begin);
      CHECK(got.windows[i].next_reset == want.windows[i].end);
    }
  }

  void check_history() {
    Counts sum;
    const auto add = [&](const HistoryRow& row) { sum += row.total.used; };
    const auto damaged = gateway_->counters->read_history(noon() - hours(48), now_ + hours(48), add);
    REQUIRE(damaged);
    CHECK(*damaged == 0);
    CHECK(sum == ever_);
  }

  void reserve() {
    const std::int64_t tokens = below(50);
    own_.roll(now_);
    account_.roll(now_);
    const bool room = !own_.full() && !account_.full();
    auto reservation = gateway_->meter()->reserve({tokens}, clocks(now_));
    CHECK(static_cast<bool>(reservation) == room);
    if (!reservation || !room) return;
    own_.reserve(tokens, now_);
    account_.reserve(tokens, now_);
    in_flight_.push_back({std::move(*reservation), tokens});
  }

  InFlight take_in_flight() {
    std::swap(in_flight_[static_cast<std::size_t>(below(static_cast<int>(in_flight_.size())))], in_flight_.back());
    InFlight taken = std::move(in_flight_.back());
    in_flight_.pop_back();
    return taken;
  }

  void settle() {
    if (in_flight_.empty()) return;
    InFlight exchange = take_in_flight();
    Used used{below(60), below(30), below(4) == 0, below(5) == 0};
    used.key = below(2) == 0 ? "-" : "a key";
    exchange.reservation.settle(used, clocks(now_));
    own_.settle(exchange.tokens, used, now_);
    account_.settle(exchange.tokens, used, now_);
    ever_.add(used);
    config_told_ = true;
  }

  void give_back() {
    if (in_flight_.empty()) return;
    const InFlight exchange = take_in_flight();
    own_.give_back(exchange.tokens);
    account_.give_back(exchange.tokens);
  }

  void wait() { now_ += below(4) == 0 ? Millis(below(20'000'000)) : Millis(below(400'000)); }

  void tick() {
    gateway_->counters->tick(now_);
    own_.roll(now_);
    account_.roll(now_);
    config_told_ = config_saved_ = true;
  }

  void flush() {
    REQUIRE(gateway_->counters->flush(now_));
    config_told_ = config_saved_ = true;
  }

  // A config that a kill caught before anything was written of it is followed by the next start as the first one: two
  // at once may not be told apart.
  void reload() {
    if (!config_saved_) tick();
    config_ = static_cast<std::size_t>(below(static_cast<int>(configs().size())));
    gateway_->counters->apply(config_at(config_), now_);
    configure_model();
    config_told_ = config_saved_ = false;
  }

  void configure_model() {
    own_.configure(configs()[config_].own, now_);
    account_.configure(configs()[config_].account, now_);
  }

  void reset() {
    const bool account = below(2) == 0;
    const auto done = account ? gateway_->counters->reset("_providers", "acme", now_)
                              : gateway_->counters->reset("gpt", "one", now_);
    REQUIRE(done);
    (account ? account_ : own_).clear(now_);
  }

  void delete_file() {
    if (fs::remove(folders_[folder_] / "gpt/one.json")) own_.clear(now_);
    tick();
  }

  void kill() {
    if (!config_told_) return;
    copy_as_killed(folders_[folder_].path(), folders_[1 - folder_].path());
    in_flight_.clear();
    gateway_.reset();
    folder_ = 1 - folder_;
    open();
    own_.kill(now_);
    account_.kill(now_);
    check_history();
  }

  std::mt19937 random_;
  const TempFolder folders_[2];
  std::size_t folder_ = 0;
  WallTime now_ = noon();
  std::size_t config_ = 0;
  bool config_told_ = false;   // by a file or a record: what a kill leaves
  bool config_saved_ = false;  // by a file
  std::unique_ptr<Gateway> gateway_;
  std::vector<InFlight> in_flight_;  // before the gateway it was reserved from
  ModelCounter own_, account_;
  Counts ever_;
};

}  // namespace

TEST_SUITE("usage/counters_model") {
  TEST_CASE("whatever happens in whatever order, and after each kill, the counters are what the model says") {
    for (unsigned seed = 1; seed <= 25; ++seed) {
      CAPTURE(seed);
      Life life(seed);
      for (int step = 0; step < 400; ++step) {
        CAPTURE(step);
        life.step();
        if (step % 3 == 0) life.check();  // not always: to look makes due resets
      }
    }
  }
}
