// JSON string tokens: writing them, reading them. A token is the text with its quotes, as it stands in JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aigw::protocol {

// `text` as a token. Invalid UTF-8 in it is replaced by U+FFFD.
std::string quote(std::string_view text);

// The text of a valid token; nothing where an escape is half of a surrogate pair.
std::optional<std::string> unquote(std::string_view token);

// The JSON text with U+FFFD in place of escapes that are half of a surrogate pair, which no parser takes: servers that
// count in UTF-16 cut text between the halves. Nothing where there are none. What is no JSON gives nothing worse.
std::optional<std::string> without_halves(std::string_view json);

// How many bytes unquote would give, without making them. Blanks behind the token may be included.
std::size_t unquoted_bytes(std::string_view token);

}  // namespace aigw::protocol
