#include "protocol/edit_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aigw::protocol {
namespace {

std::string ascii_token(const std::string& text) {
  constexpr int kCompact = -1;
  constexpr bool kAsciiOnly = true;
  return nlohmann::json(text).dump(kCompact, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string report_edits(const std::vector<Edit>& edits) {
  std::vector<const Edit*> sorted;
  for (const Edit& edit : edits) sorted.push_back(&edit);
  // As apply() sorts them: of two at one place the insertion comes first.
  std::stable_sort(sorted.begin(), sorted.end(), [](const Edit* a, const Edit* b) {
    return a->where.offset != b->where.offset ? a->where.offset < b->where.offset : a->where.length < b->where.length;
  });
  std::string report = "[";
  for (const Edit* edit : sorted) {
    report += report.size() == 1 ? "{" : ",{";
    report += "\"offset\":" + std::to_string(edit->where.offset) + ",\"length\":" + std::to_string(edit->where.length) +
              ",\"text\":" + ascii_token(edit->text) + '}';
    if (report.size() >= kEditReportBytesMax) return "too long";
  }
  return report + ']';
}

}  // namespace aigw::protocol
