// What is wrong with a configuration, and where: the path from the top of the file to the value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::config {

// In the text; both from 1, columns count characters.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
  bool operator==(const Place&) const = default;
};

struct Problem {
  std::string path;     // `gpt-4o.providers[1].weigth`; empty if it concerns the whole file
  std::string message;  // what is wrong and what was probably meant; never holds a credential
  std::optional<Place> place = std::nullopt;  // where the loader has found it (config/text_place.h)

  // `path: message`, on one line.
  std::string text() const;

  // Whatever the place.
  bool operator==(const Problem& other) const { return path == other.path && message == other.message; }
};

// All of them, a line each; the last line has no end.
std::string text_of(const std::vector<Problem>& problems);

// Paths one step further. A name that is not plain is quoted: `["my model"].providers[0]`.
std::string member_path(const std::string& path, std::string_view name);
std::string element_path(const std::string& path, std::size_t index);

// `"name"`, escaped and of bounded length, for messages.
std::string in_quotes(std::string_view name);

// `, did you mean "weight"?`, or nothing if none of the names is near.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace aigw::config
