#include "protocol/answer_model.h"

#include <algorithm>
#include <optional>

#include "protocol/json_scan.h"
#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

std::string_view text_at(std::string_view text, const Span& span) { return text.substr(span.offset, span.length); }

// Where the string stands that names the model; `nested`: also in the object that an event carries.
std::optional<Span> find_model(std::string_view text, bool nested) {
  std::optional<Span> found;
  JsonScan scan(text);
  JsonMember member;
  while (scan.next(member)) {
    const std::string_view key = text_at(text, member.key);
    const std::string_view value = text_at(text, member.value);
    if (key == "\"model\"" && value.front() == '"') found = member.value;
    const bool carries = nested && (key == "\"message\"" || key == "\"response\"") && value.front() == '{';
    if (!carries) continue;
    if (std::optional<Span> inner = find_model(value, false)) {
      found = Span{member.value.offset + inner->offset, inner->length};
    }
  }
  return scan.failed() ? std::nullopt : found;
}

}  // namespace

bool rename_model(std::string& text, std::string_view model) {
  const std::optional<Span> where = find_model(text, true);
  if (where) text.replace(where->offset, where->length, quote(model));
  return where.has_value();
}

std::string renamed_frame(std::string_view name, std::string_view data, std::string_view model) {
  std::string text(data);
  if (!rename_model(text, model)) return "";
  std::replace(text.begin(), text.end(), '\n', ' ');  // JSON has line ends between its tokens only
  const std::string line = name.empty() ? "" : "event: " + std::string(name) + "\n";
  return line + "data: " + text + "\n\n";
}

}  // namespace aigw::protocol
