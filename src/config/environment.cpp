#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace aigw::config {
namespace {

constexpr std::string_view kOpen = "${";

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

// Adds what stands for the text between `${` and `}`.
Status fill_variable(std::string_view inside, const Environment& environment, Filled& filled) {
  const std::size_t mark = inside.find(":-");
  const std::string_view name = inside.substr(0, mark);
  if (!is_variable_name(name)) {
    return invalid("between ${ and } a variable's name (letters, digits, _) is expected; $${ is a literal ${");
  }
  if (contains(inside, kOpen)) return invalid("a variable inside of ${...} is not supported");
  const std::optional<std::string> value = environment(name);
  if (value && !value->empty()) {
    filled.text += *value;
  } else if (mark != std::string_view::npos) {
    filled.text += inside.substr(mark + 2);
  } else if (filled.lacking.empty()) {
    filled.lacking = "environment variable " + std::string(name) + (value ? " is empty" : " is not set");
  }
  return Done{};
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Result<Filled> fill_in(std::string_view text, const Environment& environment) {
  Filled filled;
  for (;;) {
    const std::size_t open = text.find(kOpen);
    if (open == std::string_view::npos) break;
    if (open > 0 && text[open - 1] == '$') {
      filled.text += text.substr(0, open - 1);
      filled.text += kOpen;
      text.remove_prefix(open + kOpen.size());
      continue;
    }
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return invalid("${ has no closing }; $${ is a literal ${");
    filled.text += text.substr(0, open);
    const std::string_view inside = text.substr(open + kOpen.size(), close - open - kOpen.size());
    if (const Status status = fill_variable(inside, environment, filled); !status) return status.error();
    text.remove_prefix(close + 1);
  }
  filled.text += text;
  return filled;
}

}  // namespace aigw::config
