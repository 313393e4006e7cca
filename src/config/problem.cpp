#include "config/problem.h"

#include <algorithm>

#include "base/text.h"

namespace aigw::config {
namespace {

constexpr std::size_t kShownBytesMax = 100;

bool is_plain(char c) {
  constexpr std::string_view kMarks = "_.:/*@-";
  return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
}

}  // namespace

std::string Problem::text() const { return path.empty() ? message : path + ": " + message; }

std::string text_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += (text.empty() ? "" : "\n") + problem.text();
  return text;
}

std::string in_quotes(std::string_view name) {
  std::string result = "\"";
  for (const char c : escape_control(shorten(name, kShownBytesMax))) {
    if (c == '"') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string member_path(const std::string& path, std::string_view name) {
  const bool plain = !name.empty() && name.size() <= kShownBytesMax && std::all_of(name.begin(), name.end(), is_plain);
  if (!plain) return path + "[" + in_quotes(name) + "]";
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string element_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names) {
  const std::vector<std::string> near = nearest(wrong, names, 1);
  return near.empty() ? "" : ", did you mean " + in_quotes(near.front()) + "?";
}

}  // namespace aigw::config
