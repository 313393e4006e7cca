// Looks for stop sequences in text that comes in pieces (protocols.md §5.4). The outcome does not depend on how the
// text was cut: the sequence that is complete first counts, of several that end at the same place the longest.
//
// Linear in the text. Holds back less than the longest sequence.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol::canonical {

class StopSearch {
 public:
  // Empty sequences are ignored.
  explicit StopSearch(const std::vector<std::string>& sequences);

  struct Found {
    std::string text;                     // certain not to belong to a sequence
    std::optional<std::string> sequence;  // was met behind `text`
  };
  // Not to be called again after a sequence was met.
  Found feed(std::string_view piece);
  // What was held back: the text ends here.
  std::string finish();

 private:
  // Knuth, Morris, Pratt: `matched` bytes of the sequence are the end of the text so far.
  struct Pattern {
    std::string sequence;
    std::vector<std::size_t> borders;  // by length of a prefix: its longest proper prefix that is a suffix, too
    std::size_t matched = 0;
    bool take(char c);
  };

  std::vector<Pattern> patterns_;
  std::string held_;
};

}  // namespace aigw::protocol::canonical
