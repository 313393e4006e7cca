#include "protocol/edit_report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {
namespace {

std::string joined(std::string_view body, std::vector<Edit> edits) {
  std::string text;
  for (const std::string_view piece : protocol::apply(body, edits)) text += piece;
  return text;
}

// What a reader of the header does, one edit after the other from the last to the first.
std::string replayed(std::string body, const std::string& report) {
  const nlohmann::json edits = nlohmann::json::parse(report);
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    body.replace(edit->at("offset").get<std::size_t>(), edit->at("length").get<std::size_t>(),
                 edit->at("text").get<std::string>());
  }
  return body;
}

}  // namespace

TEST_SUITE("protocol/edit_report") {

TEST_CASE("edits are listed in their order, in ASCII") {
  struct Row {
    std::vector<Edit> edits;
    std::string want;
  };
  const Row rows[] = {
      {{}, "[]"},
      {{{{12, 7}, "\"gpt-4o\""}}, R"([{"offset":12,"length":7,"text":"\"gpt-4o\""}])"},
      {{{{9, 1}, "b"}, {{2, 0}, "a\n"}},
       R"([{"offset":2,"length":0,"text":"a\n"},{"offset":9,"length":1,"text":"b"}])"},
      {{{{1, 0}, "x"}, {{1, 0}, "y"}},
       R"([{"offset":1,"length":0,"text":"x"},{"offset":1,"length":0,"text":"y"}])"},
      {{{{1, 4}, ""}, {{1, 0}, "y"}}, R"([{"offset":1,"length":0,"text":"y"},{"offset":1,"length":4,"text":""}])"},
      {{{{0, 1}, "é😀\x7f"}}, "[{\"offset\":0,\"length\":1,\"text\":\"\\u00e9\\ud83d\\ude00\\u007f\"}]"},
      {{{{0, 1}, "\xff"}}, R"([{"offset":0,"length":1,"text":"\ufffd"}])"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.want);
    CHECK(report_edits(row.edits) == row.want);
  }
}

TEST_CASE("a report that a header line can't take is not written") {
  const std::size_t frame = report_edits({{{0, 0}, ""}}).size();
  const std::string longest(kEditReportBytesMax - frame, 'x');
  CHECK(report_edits({{{0, 0}, longest}}).size() == kEditReportBytesMax);
  CHECK(report_edits({{{0, 0}, longest + 'x'}}) == "too long");
  CHECK(report_edits(std::vector<Edit>(1'000, Edit{{0, 0}, "x"})) == "too long");
}

TEST_CASE("a report applied to the body gives what the provider got, bit by bit") {
  std::mt19937 random(20260801);
  const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end)(random); };
  const std::vector<std::string> texts = {"", "\"m\"", "true", "é", "\\\"", "\n\t", "日本", "😀", "{\"a\":[1]},"};
  for (int round = 0; round < 5'000; ++round) {
    std::string body;
    for (std::size_t i = below(60); i > 0; --i) body += static_cast<char>(below(255));
    std::vector<Edit> edits;
    for (std::size_t at = below(5); at <= body.size(); at += below(9)) {
      const std::size_t length = std::min(below(6), body.size() - at);
      const std::size_t insertions = below(2);
      for (std::size_t i = 0; i < insertions; ++i) edits.push_back({{at, 0}, texts[below(texts.size() - 1)]});
      if (length > 0) edits.push_back({{at, length}, texts[below(texts.size() - 1)]});
      at += std::max<std::size_t>(length, 1);
    }
    std::shuffle(edits.begin(), edits.end(), random);
    const std::string report = report_edits(edits);
    REQUIRE(std::all_of(report.begin(), report.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    REQUIRE(replayed(body, report) == joined(body, edits));
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
