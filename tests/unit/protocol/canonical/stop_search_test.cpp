#include "protocol/canonical/stop_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace aigw::protocol::canonical {
namespace {

struct Outcome {
  std::string text;
  std::string sequence;  // "" if none was met
  std::size_t held_max = 0;
  bool operator==(const Outcome& other) const { return text == other.text && sequence == other.sequence; }
};

Outcome searched(const std::vector<std::string>& sequences, const std::string& text, std::size_t piece_length) {
  StopSearch search(sequences);
  Outcome outcome;
  for (std::size_t at = 0; at < text.size(); at += piece_length) {
    const std::string piece = text.substr(at, piece_length);
    const StopSearch::Found found = search.feed(piece);
    outcome.text += found.text;
    if (found.sequence) {
      outcome.sequence = *found.sequence;
      return outcome;
    }
    outcome.held_max = std::max(outcome.held_max, at + piece.size() - outcome.text.size());
  }
  outcome.text += search.finish();
  return outcome;
}

}  // namespace

TEST_SUITE("protocol/canonical/stop_search") {
  TEST_CASE("the sequence that is complete first ends the text, however it is cut") {
    struct Row {
      std::vector<std::string> sequences;
      std::string text;
      Outcome want;
    };
    for (const Row& row :
         {Row{{"END"}, "one END two", {"one ", "END"}}, Row{{"END"}, "one EN", {"one EN", ""}},
          Row{{"END"}, "EENENDx", {"EEN", "END"}}, Row{{"END"}, "END", {"", "END"}}, Row{{"aab"}, "aaab", {"a", "aab"}},
          Row{{"abab"}, "abaabab", {"aba", "abab"}}, Row{{"bcd", "c"}, "abcd", {"ab", "c"}},
          Row{{"c", "bc"}, "abcd", {"a", "bc"}}, Row{{"abc", "ab"}, "xabc", {"x", "ab"}},
          Row{{"\n\nHuman:", "\n\n"}, "a\n\nHuman:", {"a", "\n\n"}}, Row{{"→", "é"}, "aèé", {"aè", "é"}},
          Row{{""}, "text", {"text", ""}}, Row{{}, "text", {"text", ""}}}) {
      CAPTURE(row.text);
      for (std::size_t length = 1; length <= row.text.size(); ++length) {
        CAPTURE(length);
        CHECK(searched(row.sequences, row.text, length) == row.want);
      }
    }
  }

  TEST_CASE("no more is held back than could begin a sequence") {
    CHECK(searched({"<stop>", "abcdef"}, "x<sto<s<stabcde ab", 1).held_max == 5);
    CHECK(searched({"<stop>"}, "nothing of it", 1).held_max == 0);
  }
}

}  // namespace aigw::protocol::canonical
