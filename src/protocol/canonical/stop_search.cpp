#include "protocol/canonical/stop_search.h"

#include <algorithm>
#include <utility>

namespace aigw::protocol::canonical {
namespace {

std::vector<std::size_t> borders_of(std::string_view sequence) {
  std::vector<std::size_t> borders(sequence.size() + 1, 0);
  std::size_t border = 0;
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    while (border > 0 && sequence[i] != sequence[border]) border = borders[border];
    if (sequence[i] == sequence[border]) ++border;
    borders[i + 1] = border;
  }
  return borders;
}

}  // namespace

StopSearch::StopSearch(const std::vector<std::string>& sequences) {
  for (const std::string& sequence : sequences) {
    if (!sequence.empty()) patterns_.push_back({sequence, borders_of(sequence)});
  }
}

// True where the sequence is complete with this byte.
bool StopSearch::Pattern::take(char c) {
  while (matched > 0 && c != sequence[matched]) matched = borders[matched];
  if (c == sequence[matched]) ++matched;
  return matched == sequence.size();
}

StopSearch::Found StopSearch::feed(std::string_view piece) {
  for (std::size_t i = 0; i < piece.size(); ++i) {
    const Pattern* met = nullptr;
    for (Pattern& pattern : patterns_) {
      if (pattern.take(piece[i]) && (met == nullptr || met->sequence.size() < pattern.sequence.size())) met = &pattern;
    }
    if (met == nullptr) continue;
    held_.append(piece.substr(0, i + 1));
    held_.resize(held_.size() - met->sequence.size());
    return {std::exchange(held_, {}), met->sequence};
  }
  std::size_t open = 0;
  for (const Pattern& pattern : patterns_) open = std::max(open, pattern.matched);
  held_.append(piece);
  Found found{held_.substr(0, held_.size() - open), std::nullopt};
  held_.erase(0, held_.size() - open);
  return found;
}

std::string StopSearch::finish() {
  for (Pattern& pattern : patterns_) pattern.matched = 0;
  return std::exchange(held_, {});
}

}  // namespace aigw::protocol::canonical
