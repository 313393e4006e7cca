// The store and the ledger of balances: what an exchange was charged is in the journal, in the ledger, or in both.
#include <doctest/doctest.h>

#include "usage/callers_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kSecond{1};

struct Charged {
  Charged() {
    caller = household.apply(gateway);
    REQUIRE(gateway.counters->wallets().credit("anna", 1000, "", "", noon()));
    gateway.counters->tick(noon());
  }

  void charge(NanoDollars amount, WallTime now) {
    auto one = gateway.meter()->reserve({}, clocks(now));
    auto other = caller->reserve({}, clocks(now));
    REQUIRE(other);
    Reservation::settle_both(*one, &*other, used_for(amount, amount), clocks(now));
  }
  NanoDollars balance() const { return gateway.counters->wallets().balance("anna").value(); }
  // What the next process would find now.
  NanoDollars balance_if_killed() const {
    const TempFolder killed;
    copy_as_killed(folder.path().parent_path(), killed.path().parent_path());
    return Gateway(killed.path()).counters->wallets().balance("anna").value();
  }
  fs::path ledger() const { return folder.path().parent_path() / "ledger.jsonl"; }

  const TempFolder folder;
  const Household household;
  Gateway gateway{folder.path()};
  std::shared_ptr<Meter> caller;
};

}  // namespace

TEST_SUITE("usage/store_ledger") {
  TEST_CASE("killed after any step, every charge counts once") {
    Charged f;
    for (int i = 0; i < 40; ++i) {
      CAPTURE(i);
      const WallTime now = noon() + i * 7 * kSecond;
      f.charge(1, now);
      CHECK(f.balance_if_killed() == 999 - i);
      f.gateway.counters->tick(now);
      CHECK(f.balance_if_killed() == 999 - i);
      if (i % 10 == 9) CHECK(f.gateway.counters->flush(now));
      CHECK(f.balance_if_killed() == 999 - i);
    }
    CHECK(f.balance() == 960);
    CHECK(f.gateway.warnings.empty());
  }

  TEST_CASE("a minute's charges are in the ledger when it is over, and all of them when the process ends") {
    Charged f;
    const auto booked = [&] { return f.gateway.counters->wallets().transactions("anna", 100).value().size(); };
    f.charge(1, noon());
    f.gateway.counters->tick(noon() + 59 * kSecond);
    const std::size_t before = booked();
    f.gateway.counters->tick(noon() + 60 * kSecond);
    CHECK(booked() <= before + 1);
    CHECK(booked() == 2);
    f.charge(1, noon() + 61 * kSecond);
    REQUIRE(f.gateway.counters->flush(noon() + 62 * kSecond));
    CHECK(booked() == 3);
    CHECK(contents(f.folder / "journal").empty());
  }

  TEST_CASE("as long as the ledger can't be written the journal keeps the charges, and the disk is not well") {
    Charged f;
    const fs::path aside = f.ledger().string() + ".aside";
    fs::rename(f.ledger(), aside);
    fs::create_directory(f.ledger());
    for (int i = 1; i <= 5; ++i) {
      f.charge(1, noon());
      f.gateway.counters->tick(noon() + i * 60 * kSecond);
      CHECK_FALSE(f.gateway.counters->disk_ok());
      CHECK_FALSE(f.gateway.counters->flush(noon() + i * 60 * kSecond));
      CHECK(f.balance() == 1000 - i);
    }
    fs::remove(f.ledger());
    fs::rename(aside, f.ledger());
    CHECK(f.balance_if_killed() == 995);
    f.gateway.counters->tick(noon() + 400 * kSecond);
    CHECK(f.gateway.counters->disk_ok());
    CHECK(f.balance_if_killed() == 995);
    CHECK_FALSE(fs::exists(f.folder / "journal.old"));
  }

  TEST_CASE("charges whose records were lost are in the ledger as soon as the disk is well") {
    Charged f;
    {
      const FileSizeLimit full(0);
      for (int i = 0; i < 3; ++i) f.charge(1, noon() + kSecond);
      f.gateway.counters->tick(noon() + kSecond);
      CHECK_FALSE(f.gateway.counters->disk_ok());
    }
    f.gateway.counters->tick(noon() + 2 * kSecond);
    REQUIRE(f.gateway.counters->disk_ok());
    CHECK(f.balance_if_killed() == 997);

    f.charge(1, noon() + 3 * kSecond);
    fs::remove(f.folder / "journal");
    f.gateway.counters->tick(noon() + 4 * kSecond);
    CHECK(f.balance_if_killed() == 996);

    {
      const FileSizeLimit full(0);
      f.charge(1, noon() + 5 * kSecond);
    }
    REQUIRE(f.gateway.counters->flush(noon() + 6 * kSecond));
    CHECK(f.balance_if_killed() == 995);
  }
}
