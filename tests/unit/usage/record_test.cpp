#include "usage/record.h"

#include <zlib.h>

#include <doctest/doctest.h>

#include <iomanip>
#include <sstream>

#include "base/period.h"
#include "usage/names.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

WallTime at_second(std::int64_t unix_seconds) { return WallTime(std::chrono::seconds(unix_seconds)); }

const std::vector<WindowMark> kTwoWindows = {{"0 0 * * *", 3, at_second(1705276800), at_second(1705363200)},
                                             {"5h", 0, at_second(1705312800), at_second(1705330800)}};
const std::vector<WindowMark> kEndless = {{"", 0, at_second(1705276800), std::nullopt}};

// As many marks as an exchange of a known key may have: the entry's, its account's, the key's and the owner's.
Record sample(std::size_t marks = 4, bool with_debit = true) {
  Record record;
  record.time = WallTime(Millis(1705320000123));
  record.used = {1000, 250, true, true, Millis(2345), "team a", 800, 4'000'000, 4'800'000, false};
  record.marks = {{7, true, "openai/gpt-4o provider-1", kTwoWindows},
                  {9, false, "_providers my%20account", kEndless},
                  {3, true, "_keys team%20a", kTwoWindows},
                  {12, true, "_owners W", kEndless}};
  record.marks.resize(marks);
  if (with_debit) record.debit = Debit{57, "W"};
  return record;
}

std::string line_of(const Record& record) { return format_record(record).substr(1); }

void check_same(const Mark& read, const Mark& want) {
  CHECK(read.sequence == want.sequence);
  CHECK(read.saved == want.saved);
  CHECK(read.tag == want.tag);
  REQUIRE(read.windows.size() == want.windows.size());
  for (std::size_t i = 0; i < want.windows.size(); ++i) {
    CAPTURE(i);
    CHECK(read.windows[i].period == want.windows[i].period);
    CHECK(read.windows[i].since == want.windows[i].since);
    CHECK(read.windows[i].begin == want.windows[i].begin);
    CHECK(read.windows[i].end == want.windows[i].end);
  }
}

void check_same(const Record& read, const Record& want) {
  CHECK(read.time == want.time);
  CHECK(read.used.prompt_tokens == want.used.prompt_tokens);
  CHECK(read.used.completion_tokens == want.used.completion_tokens);
  CHECK(read.used.cached_tokens == want.used.cached_tokens);
  CHECK(read.used.cost == want.used.cost);
  CHECK(read.used.charge == want.used.charge);
  CHECK(read.used.estimated == want.used.estimated);
  CHECK(read.used.error == want.used.error);
  CHECK(read.used.priced == want.used.priced);
  CHECK(read.used.duration == want.used.duration);
  CHECK(name_of(read.used.key) == want.used.key);
  REQUIRE(read.marks.size() == want.marks.size());
  for (std::size_t i = 0; i < want.marks.size(); ++i) check_same(read.marks[i], want.marks[i]);
  REQUIRE(read.debit.has_value() == want.debit.has_value());
  if (!want.debit) return;
  CHECK(read.debit->sequence == want.debit->sequence);
  CHECK(read.debit->owner == want.debit->owner);
}

// A line of that text with the right checksum.
std::string with_checksum(const std::string& text) {
  std::ostringstream line;
  line << std::hex << std::setw(8) << std::setfill('0')
       << ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()) << ' ' << text;
  return line.str();
}

}  // namespace

TEST_SUITE("usage/record") {
  TEST_CASE("a record is one line with its line feed in front") {
    const std::string text = format_record(sample());
    CHECK(text.substr(9) ==
          " E 1705320000123 1000 250 800 4000000 4800000 exu 2345 team%20a"
          " 7 1 openai/gpt-4o provider-1 0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800"
          " 9 0 _providers my%20account |0|1705276800|-"
          " 3 1 _keys team%20a 0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800"
          " 12 1 _owners W |0|1705276800|-"
          " W W 57");
    CHECK(text.front() == '\n');
    CHECK(text.find('\n', 1) == std::string::npos);
  }

  TEST_CASE("what is written is read back, of one to four counters, with a debit or without") {
    for (std::size_t marks = 1; marks <= 4; ++marks) {
      for (const bool with_debit : {true, false}) {
        for (const int flags : {0, 1, 2, 4, 7}) {
          CAPTURE(marks);
          CAPTURE(with_debit);
          CAPTURE(flags);
          Record record = sample(marks, with_debit);
          record.used.estimated = (flags & 1) != 0;
          record.used.error = (flags & 2) != 0;
          record.used.priced = (flags & 4) == 0;
          const std::string line = line_of(record);
          const auto read = parse_record(line);
          REQUIRE(read);
          check_same(*read, record);
        }
      }
    }
  }

  TEST_CASE("records of the first version are still read, as priced and without money") {
    const std::string both =
        "37aa4323 U 1705320000123 1000 250 ex 2345 team%20a"
        " 7 1 openai/gpt-4o provider-1 0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800"
        " 9 0 _providers my%20account |0|1705276800|-";
    Record want = sample(2, false);
    want.used.cached_tokens = want.used.cost = want.used.charge = 0;
    want.used.priced = true;
    REQUIRE(parse_record(both));
    check_same(*parse_record(both), want);

    const std::string one = "53d4c8c8 U 1705320000123 10 5 - 12 - 1 0 gpt one |0|1705276800|-";
    want.used = {10, 5, false, false, Millis(12), "-"};
    want.marks = {{1, false, "gpt one", kEndless}};
    REQUIRE(parse_record(one));
    check_same(*parse_record(one), want);
  }

  TEST_CASE("whatever blanks a cron is written with, its record is one line of words") {
    for (const std::string period : {"0\t0 * * *", "0 0\n* * *", "0\r\n0 * * *", "@daily", "*/5  0 1,2 jan-mar *"}) {
      CAPTURE(period);
      Record record = sample();
      record.marks[0].windows[0].period = period;
      const std::string line = line_of(record);
      CHECK(line.find_first_of("\t\r\n") == std::string::npos);
      const auto read = parse_record(line);
      REQUIRE(read);
      const auto fields = Period::parse(read->marks[0].windows[0].period);
      REQUIRE(fields);
      CHECK(fields->begin_at(record.time) == Period::parse(period)->begin_at(record.time));
    }
  }

  TEST_CASE("a key without a name, and one with any bytes in it, are words too") {
    for (const std::string& key : {std::string("-"), std::string("a b\n"), std::string("100%"), std::string("\0", 1)}) {
      CAPTURE(key);
      Record record = sample();
      record.used.key = key;
      const std::string line = line_of(record);
      const auto read = parse_record(line);
      REQUIRE(read);
      CHECK(name_of(read->used.key) == key);
    }
    Record nameless = sample();
    nameless.used.key = "";
    const std::string line = line_of(nameless);
    REQUIRE(parse_record(line));
    CHECK(parse_record(line)->used.key == "-");
  }

  TEST_CASE("a text with the right checksum that is no record is refused") {
    const std::string good = line_of(sample()).substr(9);
    CHECK(parse_record(with_checksum(good)));
    for (const std::string& text :
         {std::string(), std::string("U"), std::string("E"), "V" + good.substr(1), "U" + good.substr(1), good + " ",
          good + " 1", good + " W W 58", good.substr(0, good.size() - 3), good.substr(0, good.size() - 5),
          std::string("U 1 1 1 - 1 - 1 1 a b"),                          // no windows
          std::string("U 1 1 1 - 1 - 1 1 a b "),                         // an empty list of them
          std::string("U 1 1 1 - 1 - 1 1 a b |0|1|-;"),                  // … with an empty one
          std::string("U 1 1 1 - 1 - 1 1 a b |0|1"),                     // without its end
          std::string("U 1 1 1 - 1 - 1 1 a b |0|1|-|-"),                 // with two ends
          std::string("U 1 1 1 - 1 - 1 1 a b |0|1|"),                    // an empty end
          std::string("U 1 1 1 - 1 - 1 1 a b |0|1|2x"),                  // digits and more
          std::string("U 1 1 1 - 1 - 1 1 a b |-1|1|-"),                  // negative
          std::string("U 1 1 1 - 1 - 1 1 a b |0|99999999999999999|-"),   // after the end of time
          std::string("U 1 1 1 - -1 - 1 1 a b |0|1|-"),                  // a negative duration
          std::string("U 1 1 99999999999999999999 - 1 - 1 1 a b |0|1|-"),
          std::string("E 1 1 1 0 0 - 1 - 1 1 a b |0|1|-"),               // without a charge
          std::string("E 1 1 1 0 -1 0 - 1 - 1 1 a b |0|1|-"),            // a negative cost
          std::string("E 1 1 1 0 0 0 - 1 -"),                            // no counter
          std::string("E 1 1 1 0 0 0 - 1 - W anna 1"),                   // … but a balance
          std::string("E 1 1 1 0 0 0 - 1 - 1 1 a b |0|1|- W anna"),      // whose record has no number
          std::string("E 1 1 1 0 0 0 - 1 - 1 1 a b |0|1|- W anna -1"),
          std::string("E 1 1 1 0 0 0 - 1 - 1 1 a b |0|1|- W anna 1 1 1 a b |0|1|-")}) {
      CAPTURE(text);
      CHECK_FALSE(parse_record(with_checksum(text)));
    }
    CHECK(parse_record(with_checksum("U 1 1 1 - 1 - 1 1 a b |0|1|-")));
    CHECK(parse_record(with_checksum("E 1 1 1 0 0 0 - 1 - 1 1 a b |0|1|- W anna 1")));
  }

  TEST_CASE("a record cut anywhere is no record") {
    const std::string line = line_of(sample());
    for (std::size_t length = 0; length < line.size(); ++length) {
      CAPTURE(length);
      CHECK_FALSE(parse_record(std::string_view(line).substr(0, length)));
    }
    CHECK_FALSE(parse_record(line + " "));
    CHECK_FALSE(parse_record(line + line));
  }

  TEST_CASE("another byte anywhere is noticed") {
    const std::string line = line_of(sample());
    for (std::size_t i = 0; i < line.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string broken = line;
        broken[i] = static_cast<char>(byte);
        // Upper and lower case of the checksum's digits are the same number.
        if (broken[i] == line[i] || (i < 8 && (broken[i] | 0x20) == line[i])) continue;
        if (!parse_record(broken)) continue;
        FAIL_CHECK(broken);
      }
    }
  }
}
