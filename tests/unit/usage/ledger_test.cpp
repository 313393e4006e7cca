#include "usage/ledger.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "usage/counters_fixture.h"
#include "usage/file_size_limit.h"

using namespace aigw;
using namespace aigw::usage;
namespace fs = std::filesystem;

namespace {

using Lines = std::vector<LedgerLine>;

WallTime minute(int number) { return at("2026-11-21T14:00:00Z") + std::chrono::minutes(number); }

LedgerLine credit(NanoDollars amount, NanoDollars balance, const std::string& note = "cash") {
  LedgerLine line;
  line.time = minute(0);
  line.owner = "anna";
  line.amount = amount;
  line.balance = balance;
  line.note = note;
  line.by = "admin_key";
  return line;
}

LedgerLine debit(int number, NanoDollars amount, NanoDollars balance) {
  LedgerLine line;
  line.time = minute(number);
  line.kind = LedgerLine::Kind::Debit;
  line.owner = "anna";
  line.amount = amount;
  line.balance = balance;
  line.key = "laptop";
  line.requests = 12;
  line.through = 57;
  return line;
}

struct Place {
  const TempFolder folder;
  const Ledger ledger{folder / "ledger.jsonl"};

  std::string text() const { return contents(ledger.path()); }
};

struct Seen {
  Lines lines;
  std::vector<std::int64_t> numbers, bad;
};

Seen read(const Ledger& ledger) {
  Seen seen;
  const auto visit = [&](std::int64_t number, const LedgerLine& line) {
    seen.numbers.push_back(number);
    seen.lines.push_back(line);
  };
  REQUIRE(ledger.read(visit, [&](std::int64_t number) { seen.bad.push_back(number); }));
  return seen;
}

Seen read(const std::string& text) {
  const Place place;
  put(place.ledger.path(), text);
  return read(place.ledger);
}

std::string text_of(const LedgerLine& line) {
  const Place place;
  REQUIRE(place.ledger.append({line}));
  return place.text();
}

}  // namespace

TEST_SUITE("usage/ledger") {
  TEST_CASE("a line is an object of JSON, as the header shows it") {
    const std::string text = text_of(debit(7, -17'600'000, 4'982'400'000));
    CHECK(text.substr(0, 9) == "{\"time\":\"");
    CHECK(text.substr(text.find("\",\"kind\"")) ==
          "\",\"kind\":\"debit\",\"owner\":\"anna\",\"key\":\"laptop\",\"requests\":12,\"amount_nanos\":-17600000,"
          "\"balance_nanos\":4982400000,\"through\":57}\n");
    const std::string other = text_of(credit(5 * kDollar, 5 * kDollar));
    CHECK(other.substr(other.find("\",\"kind\"")) ==
          "\",\"kind\":\"credit\",\"owner\":\"anna\",\"amount_nanos\":5000000000,\"balance_nanos\":5000000000,"
          "\"note\":\"cash\",\"by\":\"admin_key\"}\n");
  }

  TEST_CASE("what is written is read back, line after line") {
    const Place place;
    Lines want = {credit(5 * kDollar, 5 * kDollar, "a \"note\"\nof two lines, 日本 \\ \t"),
                  debit(7, -1, 4'999'999'999), debit(8, 0, 4'999'999'999), credit(-5 * kDollar, -1, "")};
    want.push_back(debit(9, -900'000'000 * kDollar, -900'000'000 * kDollar));
    want.back().owner = "b \"c\"\n";
    want.back().key = "日";
    want.back().through = 100'000'000'000'000'000;
    REQUIRE(place.ledger.append({want[0]}));
    REQUIRE(place.ledger.append({want[1], want[2]}));
    REQUIRE(place.ledger.append({}));
    REQUIRE(place.ledger.append({want[3], want[4]}));
    const Seen seen = read(place.ledger);
    CHECK(seen.lines == want);
    CHECK(seen.numbers == std::vector<std::int64_t>{1, 2, 3, 4, 5});
    CHECK(seen.bad.empty());
  }

  TEST_CASE("a note that is no UTF-8 spoils nothing") {
    CHECK(read(text_of(credit(1, 1, "\xff\xfe"))).lines.size() == 1);
  }

  TEST_CASE("a ledger that is not there is empty, and making none leaves none") {
    const Place place;
    CHECK(read(place.ledger).lines.empty());
    REQUIRE(place.ledger.append({}));
    CHECK_FALSE(fs::exists(place.ledger.path()));
  }

  TEST_CASE("lines that can't be read are told by their number, and the others count") {
    const std::string good = text_of(credit(1, 1));
    const std::string charge = text_of(debit(1, -1, 0));
    const auto with = [](std::string text, const std::string& from, const std::string& to) {
      REQUIRE(text.find(from) != std::string::npos);
      return text.replace(text.find(from), from.size(), to);
    };
    for (const std::string& bad :
         {std::string("garbage\n"), std::string("[]\n"), std::string("{}\n"), good.substr(0, 40) + "\n",
          with(good, "credit", "gift"), with(good, "\"owner\"", "\"ouner\""), with(good, "\"anna\"", "null"),
          with(good, "amount_nanos\":1", "amount_nanos\":1.5"), with(good, "amount_nanos\":1", "amount_nanos\":\"1\""),
          with(good, "amount_nanos\":1", "amount_nanos\":900000000000000001"),
          with(good, "amount_nanos\":1", "amount_nanos\":-900000000000000001"),
          with(good, "amount_nanos\":1", "amount_nanos\":99999999999999999999"),
          with(good, "\"time\":\"2", "\"time\":\"x"),
          with(charge, "amount_nanos\":-1", "amount_nanos\":1"), with(charge, "through\":57", "through\":-1"),
          with(charge, ",\"through\":57", ""), with(charge, "\"key\"", "\"kay\"")}) {
      CAPTURE(bad);
      const Seen seen = read(good + bad + "\n" + charge);
      CHECK(seen.bad == std::vector<std::int64_t>{2});
      CHECK(seen.numbers == std::vector<std::int64_t>{1, 4});
    }
  }

  TEST_CASE("a last line that was torn anywhere counts for nothing, and the next one begins on its own") {
    const std::string good = text_of(credit(1, 1));
    const std::string torn = text_of(debit(1, -1, 0));
    for (std::size_t length = 0; length <= torn.size(); ++length) {
      CAPTURE(length);
      const Place place;
      put(place.ledger.path(), good + torn.substr(0, length));
      const bool whole = length + 1 >= torn.size();  // but for its line end
      CHECK(read(place.ledger).lines.size() == (whole ? 2 : 1));
      CHECK(read(place.ledger).bad.empty());
      REQUIRE(place.ledger.append({credit(2, 3)}));
      const Seen seen = read(place.ledger);
      REQUIRE(seen.lines.size() == (whole ? 3 : 2));
      CHECK(seen.lines.back() == credit(2, 3));
      CHECK(seen.bad.size() == (whole || length == 0 ? 0 : 1));
    }
  }

  TEST_CASE("what a full disk has no room for is not there at all, and later it is, once") {
    const Place place;
    REQUIRE(place.ledger.append({credit(1, 1)}));
    const std::string before = place.text();
    {
      const FileSizeLimit full(before.size() + 200);  // the first of both would fit
      const Status status = place.ledger.append({debit(1, -1, 0), debit(2, -1, -1)});
      REQUIRE_FALSE(status);
      CHECK(status.error().kind == ErrorKind::Io);
      CHECK(place.text() == before);
    }
    REQUIRE(place.ledger.append({debit(1, -1, 0), debit(2, -1, -1)}));
    CHECK(read(place.ledger).lines == Lines{credit(1, 1), debit(1, -1, 0), debit(2, -1, -1)});
  }
}
