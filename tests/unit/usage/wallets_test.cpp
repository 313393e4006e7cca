#include "usage/wallets.h"

#include <doctest/doctest.h>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Which = Wallets::Which;

constexpr WallTime kStart{seconds{1'795'270'800}};  // a full minute

struct Purse {
  explicit Purse(NanoDollars dollars = 10) {
    if (dollars != 0) REQUIRE(wallets.credit("anna", dollars * kDollar, "cash", "admin", kStart));
  }

  std::filesystem::path path() const { return folder / "ledger.jsonl"; }
  std::string text() const { return contents(path()); }
  std::int64_t lines() const {
    const std::string all = text();
    return std::count(all.begin(), all.end(), '\n');
  }
  NanoDollars balance(const std::string& owner = "anna") const { return wallets.balance(owner).value(); }
  // An exchange from its beginning to its end.
  Debit charge(NanoDollars amount, WallTime now, const std::string& key = "laptop") {
    REQUIRE(wallets.reserve("anna", amount));
    return wallets.settle("anna", amount, key, amount, now);
  }
  // What the next process makes of the ledger; its balance of anna.
  NanoDollars booked() const {
    Wallets next(path());
    const auto problems = next.load();
    REQUIRE(problems);
    CHECK(problems->empty());
    return next.balance("anna").value();
  }

  const TempFolder folder;
  Wallets wallets{path()};
};

}  // namespace

TEST_SUITE("usage/wallets") {
  TEST_CASE("an owner has a balance from the first credit on, and only then") {
    Purse purse(0);
    CHECK_FALSE(purse.wallets.has("anna"));
    CHECK_FALSE(purse.wallets.balance("anna"));
    CHECK_FALSE(purse.wallets.reserve("anna", 1));
    CHECK_FALSE(purse.wallets.has("anna"));
    CHECK(purse.wallets.credit("anna", 5, "", "admin", kStart).value() == 5);
    CHECK(purse.wallets.credit("bert", -7, "", "admin", kStart).value() == -7);
    CHECK(purse.wallets.credit("anna", -2, "", "admin", kStart).value() == 3);
    CHECK(purse.wallets.has("anna"));
    CHECK(purse.wallets.balances() == std::vector<std::pair<std::string, NanoDollars>>{{"anna", 3}, {"bert", -7}});
  }

  TEST_CASE("what a balance was after its last credit is known, also to the next process") {
    Purse purse(10);
    purse.charge(4 * kDollar, kStart);
    REQUIRE(purse.wallets.credit("anna", 3 * kDollar, "", "admin", kStart));
    purse.charge(2 * kDollar, kStart);
    REQUIRE(purse.wallets.credit("anna", -1 * kDollar, "", "admin", kStart));
    const auto standing = purse.wallets.standing("anna").value();
    CHECK(standing.left == 6 * kDollar);
    CHECK(standing.after_credit == 9 * kDollar);
    CHECK(standing.credits == 2);
    CHECK_FALSE(purse.wallets.standing("bert"));

    REQUIRE(purse.wallets.write(kStart, Which::All));
    REQUIRE(purse.wallets.credit("anna", 5 * kDollar, "", "admin", kStart));
    purse.charge(1 * kDollar, kStart);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    Wallets next(purse.path());
    REQUIRE(next.load());
    CHECK(next.standing("anna").value().left == 10 * kDollar);
    CHECK(next.standing("anna").value().after_credit == 11 * kDollar);
    CHECK(next.standing("anna").value().credits == 3);
  }

  TEST_CASE("nobody starts once what is left and not held is nothing; the one that reaches it is let finish") {
    Purse purse(10);
    CHECK(purse.wallets.reserve("anna", 6 * kDollar));
    CHECK(purse.wallets.reserve("anna", 4 * kDollar));
    CHECK_FALSE(purse.wallets.reserve("anna", 0));
    purse.wallets.give_back("anna", 4 * kDollar);
    CHECK(purse.wallets.reserve("anna", 9 * kDollar));
    purse.wallets.settle("anna", 9 * kDollar, "laptop", 3 * kDollar, kStart);
    CHECK(purse.balance() == 7 * kDollar);
    CHECK(purse.wallets.reserve("anna", 1));  // 6 are held
    purse.wallets.settle("anna", 6 * kDollar, "laptop", 8 * kDollar, kStart);
    CHECK(purse.balance() == -kDollar);
    CHECK_FALSE(purse.wallets.reserve("anna", 0));
    REQUIRE(purse.wallets.credit("anna", kDollar + 2, "", "admin", kStart));
    CHECK(purse.wallets.reserve("anna", 1));  // 1 was held still
    CHECK_FALSE(purse.wallets.reserve("anna", 1));
  }

  TEST_CASE("each key has its own numbers, which go on over a restart") {
    Purse purse;
    CHECK(purse.charge(1, kStart).sequence == 1);
    CHECK(purse.charge(1, kStart, "phone").sequence == 1);
    const Debit debit = purse.charge(1, kStart);
    CHECK(debit.sequence == 2);
    CHECK(debit.owner == "anna");
    REQUIRE(purse.wallets.write(kStart, Which::All));
    Wallets next(purse.path());
    REQUIRE(next.load());
    CHECK(next.settle("anna", 0, "laptop", 1, kStart).sequence == 3);
    CHECK(next.settle("anna", 0, "tablet", 1, kStart).sequence == 1);
  }

  TEST_CASE("what a key was charged in a minute is one line, written when the minute is over") {
    Purse purse;
    for (int i = 0; i < 5; ++i) purse.charge(100, kStart + i * seconds(10));
    purse.charge(1, kStart, "phone");
    purse.charge(1000, kStart + seconds(60));
    REQUIRE(purse.wallets.write(kStart + seconds(59), Which::FinishedMinutes));
    CHECK(purse.lines() == 1);
    REQUIRE(purse.wallets.write(kStart + seconds(60), Which::FinishedMinutes));
    CHECK(purse.lines() == 3);
    const auto lines = purse.wallets.transactions("anna", 2).value();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].key == "phone");
    CHECK(lines[0].amount == -1);
    CHECK(lines[0].balance == 10 * kDollar - 501);
    CHECK(lines[1] ==
          LedgerLine{kStart, LedgerLine::Kind::Debit, "anna", -500, 10 * kDollar - 500, "", "", "laptop", 5, 5});
    CHECK(purse.balance() == 10 * kDollar - 1501);
    REQUIRE(purse.wallets.write(kStart + seconds(61), Which::All));
    CHECK(purse.lines() == 4);
    REQUIRE(purse.wallets.write(kStart + seconds(500), Which::All));
    CHECK(purse.lines() == 4);
    CHECK(purse.booked() == 10 * kDollar - 1501);
  }

  TEST_CASE("what was free is in the ledger too: its number is taken") {
    Purse purse;
    purse.charge(0, kStart);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    CHECK(purse.wallets.transactions("anna", 9).value().front().requests == 1);
    purse.wallets.replay("anna", "laptop", 1, 0, kStart);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    CHECK(purse.lines() == 2);
  }

  TEST_CASE("the latest transactions of an owner come first") {
    Purse purse;
    REQUIRE(purse.wallets.credit("bert", 1, "", "", kStart));
    for (int i = 1; i <= 5; ++i) REQUIRE(purse.wallets.credit("anna", i, std::to_string(i), "", kStart));
    const auto two = purse.wallets.transactions("anna", 2).value();
    REQUIRE(two.size() == 2);
    CHECK(two[0].note == "5");
    CHECK(two[1].note == "4");
    CHECK(purse.wallets.transactions("anna", 100).value().size() == 6);
    CHECK(purse.wallets.transactions("anna", 0).value().empty());
    CHECK(purse.wallets.transactions("nobody", 100).value().empty());
  }

  TEST_CASE("balances that don't fit their amounts are told; the amounts count, and bad lines don't") {
    Purse purse;
    purse.charge(kDollar, kStart);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    const std::string good = purse.text();
    const auto load = [&](const std::string& text) {
      put(purse.path(), text);
      Wallets next(purse.path());
      const std::vector<std::string> problems = next.load().value();
      return std::pair(problems, next.balance("anna").value_or(-1));
    };
    CHECK(load(good) == std::pair(std::vector<std::string>{}, 9 * kDollar));
    const std::string line = " of " + purse.path().string() + " ";
    std::string wrong = good;
    wrong.replace(wrong.find("balance_nanos\":9"), 16, "balance_nanos\":8");
    const std::string told =
        "line 2" + line + "says that anna has 8 afterwards, but by the lines before it is 9";
    CHECK(load(wrong) == std::pair(std::vector<std::string>{told}, 9 * kDollar));
    CHECK(load("garbage\n" + good) ==
          std::pair(std::vector<std::string>{"line 1" + line + "can't be read, and does not count"}, 9 * kDollar));
    CHECK(load(good + good.substr(0, 30)) == std::pair(std::vector<std::string>{}, 9 * kDollar));
    std::string many;
    for (int i = 0; i < 100; ++i) many += "garbage\n";
    CHECK(load(many).first.size() == 10);
  }

  TEST_CASE("a credit beyond what a ledger may hold is refused, and nothing of it is there") {
    constexpr NanoDollars kMost = 900'000'000 * kDollar;
    constexpr NanoDollars kMax = std::numeric_limits<NanoDollars>::max();
    Purse purse(0);
    for (const NanoDollars amount : {kMost + 1, -kMost - 1, kMax, -kMax}) {
      CAPTURE(amount);
      const auto refused = purse.wallets.credit("anna", amount, "", "", kStart);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::Invalid);
    }
    CHECK_FALSE(purse.wallets.has("anna"));
    REQUIRE(purse.wallets.credit("anna", -kMost, "", "", kStart));
    REQUIRE(purse.wallets.credit("anna", 3, "", "", kStart));
    // The balance would fit, but such a line could not be read again.
    CHECK_FALSE(purse.wallets.credit("anna", kMost + 1, "", "", kStart));
    REQUIRE(purse.wallets.credit("anna", kMost, "", "", kStart));
    CHECK(purse.booked() == 3);
  }

  TEST_CASE("a full disk: nothing is lost, nothing is twice, and a credit that failed did not happen") {
    Purse purse;
    purse.charge(100, kStart);
    purse.charge(10, kStart, "phone");
    const std::string before = purse.text();
    {
      const FileSizeLimit full(before.size() + 100);  // some of a line fits
      CHECK_FALSE(purse.wallets.write(kStart, Which::All));
      purse.charge(1, kStart);
      CHECK_FALSE(purse.wallets.write(kStart + minutes(5), Which::FinishedMinutes));
      CHECK_FALSE(purse.wallets.credit("anna", kDollar, "x", "y", kStart));
      CHECK(purse.text() == before);
      CHECK(purse.balance() == 10 * kDollar - 111);
    }
    REQUIRE(purse.wallets.write(kStart, Which::All));
    REQUIRE(purse.wallets.write(kStart, Which::All));
    CHECK(purse.lines() == 3);
    CHECK(purse.booked() == 10 * kDollar - 111);
  }

  TEST_CASE("a disk that refuses for hours leaves a bounded number of lines, with every charge in them") {
    Purse purse(1);
    for (int i = 0; i < 500; ++i) purse.charge(1, kStart + i * minutes(1));
    REQUIRE(purse.wallets.write(kStart + minutes(501), Which::FinishedMinutes));
    CHECK(purse.lines() <= 61);
    CHECK(purse.booked() == kDollar - 500);
  }

  TEST_CASE("a clock that steps back opens no minute before, and what was charged then is written all the same") {
    Purse purse;
    purse.charge(1, kStart + minutes(5));
    purse.charge(10, kStart);
    REQUIRE(purse.wallets.write(kStart + minutes(1), Which::FinishedMinutes));
    CHECK(purse.lines() == 1);
    CHECK(purse.balance() == 10 * kDollar - 11);
    REQUIRE(purse.wallets.write(kStart + minutes(6), Which::FinishedMinutes));
    CHECK(purse.lines() == 2);
    CHECK(purse.booked() == 10 * kDollar - 11);
  }

  TEST_CASE("a replayed charge that was numbered before another one but timed after it is booked with it") {
    Purse purse;
    // Two threads read the clock, took their numbers and wrote their records in three different orders.
    purse.wallets.replay("anna", "laptop", 2, 20, kStart);
    purse.wallets.replay("anna", "laptop", 1, 1, kStart + minutes(1));
    REQUIRE(purse.wallets.write(kStart + minutes(1), Which::FinishedMinutes));
    Wallets next(purse.path());
    REQUIRE(next.load());
    next.replay("anna", "laptop", 2, 20, kStart);
    next.replay("anna", "laptop", 1, 1, kStart + minutes(1));
    CHECK(next.balance("anna") == 10 * kDollar - 21);
  }

  TEST_CASE("200 threads at one balance: exactly as many start as it pays for") {
    Purse purse(1);
    std::atomic<int> started{0};
    in_threads(200, [&](int thread) {
      if (!purse.wallets.reserve("anna", kDollar / 100)) return;
      ++started;
      purse.wallets.settle("anna", kDollar / 100, std::to_string(thread % 3), kDollar / 100, kStart);
    });
    CHECK(started == 100);
    CHECK(purse.balance() == 0);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    CHECK(purse.booked() == 0);
  }

  TEST_CASE("charges, credits and writes from many threads add up, in memory and in the ledger") {
    Purse purse(1);
    in_threads(8, [&](int thread) {
      for (int i = 0; i < 200; ++i) {
        if (thread == 0) REQUIRE(purse.wallets.credit("anna", 1000, "", "", kStart));
        const Which which = i % 2 == 0 ? Which::All : Which::FinishedMinutes;
        if (thread == 1) REQUIRE(purse.wallets.write(kStart + seconds(i), which));
        if (thread == 2) CHECK(purse.wallets.transactions("anna", 5).has_value());
        if (thread > 2) purse.charge(7, kStart + seconds(i), std::to_string(thread % 2));
      }
    });
    CHECK(purse.balance() == kDollar + 200 * 1000 - 5 * 200 * 7);
    REQUIRE(purse.wallets.write(kStart, Which::All));
    CHECK(purse.booked() == purse.balance());
  }
}
