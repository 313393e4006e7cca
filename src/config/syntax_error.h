// Says in plain words why a text is no JSON, from what the JSON library reports.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigw::config {

// `line 3, column 5: expected a value, got "}"; the comma before it is one too many`.
// `offset` is the byte of `text` at which reading stopped; `library_says` the library's text, of which only the
// names of tokens are used: it also repeats pieces of the file, which may hold a credential.
std::string explain_syntax_error(std::string_view text, std::size_t offset, std::string_view library_says);

// `line 3, column 5`, both from 1; columns count characters.
std::string position_text(std::string_view text, std::size_t offset);

}  // namespace aigw::config
