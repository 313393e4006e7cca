#include "protocol/canonical/effort.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace aigw::protocol::canonical {
namespace {

// A row of the table of §3.7.
struct Row {
  std::string_view effort;
  std::int64_t messages_budget;
  std::int64_t gemini_budget;
  std::array<std::string_view, 4> gemini_levels;  // the best one first
};

constexpr std::array<std::string_view, 4> kUpwards = {"minimal", "low", "medium", "high"};
constexpr std::array<std::string_view, 4> kDownwards = {"high", "medium", "low", "minimal"};

// From the least to the most.
constexpr std::array<Row, 7> kTable = {{
    {"none", 0, 0, kUpwards},
    {"minimal", 1024, 512, kUpwards},
    {"low", 2048, 1024, {"low", "medium", "high", "minimal"}},
    {"medium", 8192, 8192, {"medium", "high", "low", "minimal"}},
    {"high", 16384, 24576, kDownwards},
    {"xhigh", 24576, 24576, kDownwards},
    {"max", 32768, 32768, kDownwards},
}};

const Row* find_row(std::string_view effort) {
  const auto row = std::find_if(kTable.begin(), kTable.end(), [&](const Row& one) { return one.effort == effort; });
  return row == kTable.end() ? nullptr : &*row;
}

bool offers(const std::vector<std::string>& levels, std::string_view word) {
  return std::find(levels.begin(), levels.end(), word) != levels.end();
}

std::string upper(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// The word that the steps of a budget come to.
std::string_view effort_of_budget(std::int64_t tokens) {
  if (tokens < 2048) return "minimal";
  if (tokens < 8192) return "low";
  if (tokens < 16384) return "medium";
  return tokens < 24576 ? "high" : "xhigh";
}

}  // namespace

std::int64_t messages_budget(std::string_view effort) {
  const Row* const row = find_row(effort);
  return row == nullptr ? 0 : row->messages_budget;
}

std::int64_t gemini_budget(std::string_view effort) {
  const Row* const row = find_row(effort);
  return row == nullptr ? 0 : row->gemini_budget;
}

std::string gemini_level(std::string_view effort, const std::vector<std::string>& levels) {
  const Row* const row = find_row(effort);
  if (row == nullptr) return "";
  const auto offered = std::find_if(row->gemini_levels.begin(), row->gemini_levels.end(),
                                    [&](std::string_view level) { return offers(levels, level); });
  return upper(offered == row->gemini_levels.end() ? row->gemini_levels.front() : *offered);
}

bool is_effort(std::string_view word) { return find_row(word) != nullptr; }

std::string clamp_effort(std::string_view effort, const std::vector<std::string>& levels) {
  const Row* const row = find_row(effort);
  if (row == nullptr || offers(levels, effort)) return std::string(effort);
  const auto is_offered = [&](const Row& one) { return offers(levels, one.effort); };
  const auto here = kTable.begin() + (row - kTable.data());
  // `none` switches thinking off: it is no step below the others.
  const auto first = std::next(kTable.begin());
  if (here > first) {
    const auto lower = std::find_if(std::make_reverse_iterator(here), std::make_reverse_iterator(first), is_offered);
    if (lower.base() != first) return std::string(lower->effort);
  }
  const auto higher = std::find_if(here, kTable.end(), is_offered);
  return std::string(higher == kTable.end() ? effort : higher->effort);
}

std::string effort_of(const Reasoning& reasoning) {
  if (!reasoning.effort.empty()) return reasoning.effort;
  if (reasoning.budget) return std::string(effort_of_budget(*reasoning.budget));
  return reasoning.disabled ? "none" : "";
}

std::string openai_effort(const Reasoning& reasoning, const std::vector<std::string>& levels) {
  std::string effort = effort_of(reasoning);
  if (!reasoning.effort.empty()) return clamp_effort(effort, levels);
  if (effort == "xhigh" && !offers(levels, effort)) return "high";
  if (effort == "none" && !offers(levels, effort)) return "minimal";
  return effort;
}

}  // namespace aigw::protocol::canonical
