// What names and ids of tools that break a provider's rule are replaced by (protocols.md §3.4, §3.5). Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigw::protocol::canonical {

bool is_word_character(char c);  // A-Z a-z 0-9 _ -

// Code points of UTF-8 text.
std::size_t count_characters(std::string_view text);

// `text` with one `_` for each character (not byte) that `is_allowed` refuses; what it allows must be ASCII.
std::string replace_refused(std::string_view text, bool (*is_allowed)(char));

// The first `digits` hex digits of the text's SHA-256. Precondition: at most 64.
std::string short_digest(std::string_view text, std::size_t digits);

}  // namespace aigw::protocol::canonical
