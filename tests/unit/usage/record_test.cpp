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

Record sample() {
  Record record;
  record.time = WallTime(Millis(1705320000123));
  record.used = {1000, 250, true, true, Millis(2345), "team a"};
  record.own = {7, true, "openai/gpt-4o provider-1",
                {{"0 0 * * *", 3, at_second(1705276800), at_second(1705363200)},
                 {"5h", 0, at_second(1705312800), at_second(1705330800)}}};
  record.account = Mark{9, false, "_providers my%20account", {{"", 0, at_second(1705276800), std::nullopt}}};
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
          " U 1705320000123 1000 250 ex 2345 team%20a"
          " 7 1 openai/gpt-4o provider-1 0_0_*_*_*|3|1705276800|1705363200;5h|0|1705312800|1705330800"
          " 9 0 _providers my%20account |0|1705276800|-");
    CHECK(text.front() == '\n');
    CHECK(text.find('\n', 1) == std::string::npos);
  }

  TEST_CASE("what is written is read back") {
    for (const bool with_account : {true, false}) {
      CAPTURE(with_account);
      Record record = sample();
      record.used.estimated = record.used.error = with_account;
      if (!with_account) record.account.reset();
      const std::string line = line_of(record);
      const auto read = parse_record(line);
      REQUIRE(read);
      CHECK(read->time == record.time);
      CHECK(read->used.prompt_tokens == 1000);
      CHECK(read->used.completion_tokens == 250);
      CHECK(read->used.estimated == with_account);
      CHECK(read->used.error == with_account);
      CHECK(read->used.duration == Millis(2345));
      CHECK(name_of(read->used.key) == "team a");
      check_same(read->own, record.own);
      REQUIRE(read->account.has_value() == with_account);
      if (with_account) check_same(*read->account, *record.account);
    }
  }

  TEST_CASE("whatever blanks a cron is written with, its record is one line of words") {
    for (const std::string period : {"0\t0 * * *", "0 0\n* * *", "0\r\n0 * * *", "@daily", "*/5  0 1,2 jan-mar *"}) {
      CAPTURE(period);
      Record record = sample();
      record.own.windows[0].period = period;
      const std::string line = line_of(record);
      CHECK(line.find_first_of("\t\r\n") == std::string::npos);
      const auto read = parse_record(line);
      REQUIRE(read);
      const auto fields = Period::parse(read->own.windows[0].period);
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
         {std::string(), std::string("U"), "V" + good.substr(1), good + " ", good + " 1",
          good.substr(0, good.size() - 2),
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
          std::string("U 1 1 99999999999999999999 - 1 - 1 1 a b |0|1|-")}) {
      CAPTURE(text);
      CHECK_FALSE(parse_record(with_checksum(text)));
    }
    CHECK(parse_record(with_checksum("U 1 1 1 - 1 - 1 1 a b |0|1|-")));
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

  TEST_CASE("a flipped bit anywhere is noticed") {
    const std::string line = line_of(sample());
    for (std::size_t i = 0; i < line.size(); ++i) {
      for (const char bit : {'\x01', '\x10', '\x40'}) {
        std::string broken = line;
        broken[i] = static_cast<char>(broken[i] ^ bit);
        CAPTURE(broken);
        // Upper and lower case of the checksum's digits are the same number.
        if (i < 8 && (broken[i] | 0x20) == line[i]) continue;
        CHECK_FALSE(parse_record(broken));
      }
    }
  }
}
