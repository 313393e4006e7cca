#include "usage/record.h"

#include <doctest/doctest.h>

using namespace aigw;
using namespace aigw::usage;

namespace {

Record sample() {
  Record record;
  record.time = WallTime(Millis(1705320000123));
  record.used = {1000, 250, true, true};
  record.own = {7, 2, true, "openai/gpt-4o provider-1"};
  record.account = Mark{9, 1, false, "_providers my%20account"};
  return record;
}

std::string line_of(const Record& record) { return format_record(record).substr(1); }

}  // namespace

TEST_SUITE("usage/record") {
  TEST_CASE("a record is one line with its line feed in front") {
    const std::string text = format_record(sample());
    CHECK(text.substr(9) ==
          " U 1705320000123 1000 250 ex 7 2 1 openai/gpt-4o provider-1 9 1 0 _providers my%20account");
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
      CHECK(read->own.sequence == 7);
      CHECK(read->own.period == 2);
      CHECK(read->own.saved);
      CHECK(read->own.tag == record.own.tag);
      REQUIRE(read->account.has_value() == with_account);
      if (with_account) {
        CHECK(read->account->sequence == 9);
        CHECK_FALSE(read->account->saved);
        CHECK(read->account->tag == "_providers my%20account");
      }
    }
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
