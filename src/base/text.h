// Small functions on text that several folders share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aigw {

std::string_view trim(std::string_view text);            // without blanks, tabs and line ends around it
std::string_view trim_end(std::string_view text);        // without white space (Unicode's White_Space) behind it
bool is_blank(std::string_view text);                    // only white space, as above, or nothing
std::string lower(std::string_view text);                // ASCII only
bool iequals(std::string_view a, std::string_view b);    // ASCII case-insensitive
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view end);
bool contains(std::string_view text, std::string_view part);

// ASCII only, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::vector<std::string_view> split(std::string_view text, char separator);

// The whole text as a decimal number without sign, or nothing.
std::optional<std::uint64_t> parse_uint(std::string_view text);

// Control characters and DEL as `\n`, `\x1b`, … so that one log line stays one line.
std::string escape_control(std::string_view text);

// For one segment of a URL's path, or a value in its query: all but unreserved characters as %XX (RFC 3986 §2.3).
std::string percent_encode(std::string_view text);

// At most `bytes_max` bytes, not cut inside a UTF-8 character; `…` is added where something was cut.
std::string shorten(std::string_view text, std::size_t bytes_max);

// Up to `count_max` of `names` that `wanted` may have been meant to be, the nearest first.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names,
                                 std::size_t count_max);

}  // namespace aigw
