#include "config/syntax_error.h"

#include <algorithm>

#include "base/text.h"

namespace aigw::config {
namespace {

struct Phrase {
  std::string_view library;
  std::string_view plain;
};

// Tokens of nlohmann's parser (lexer_base::token_type_name).
constexpr Phrase kTokens[] = {
    {"end of input", "the end of the file"},
    {"string literal", "a string"},
    {"number literal", "a number"},
    {"true literal", "true"},
    {"false literal", "false"},
    {"null literal", "null"},
    {"'['", "\"[\""},
    {"']'", "\"]\""},
    {"'{'", "\"{\""},
    {"'}'", "\"}\""},
    {"':'", "\":\""},
    {"','", "\",\""},
};

// What nlohmann's lexer complains about, by the beginning of its text.
constexpr Phrase kComplaints[] = {
    {"invalid literal", "neither a value nor a name; names and strings stand in double quotes"},
    {"invalid string: missing closing quote", "a string without its closing quote"},
    {"invalid string: control character U+000A", "a line ends inside a string; is a closing quote missing?"},
    {"invalid string: control character U+000D", "a line ends inside a string; is a closing quote missing?"},
    {"invalid string: control character U+0009", "a tab inside a string; write \\t"},
    {"invalid string: control character", "a control character inside a string"},
    {"invalid string: ill-formed UTF-8", "the file is not valid UTF-8 here"},
    {"invalid string: forbidden character after backslash", "an unknown escape; write \\\\ for a backslash"},
    {"invalid string", "a bad \\u escape in a string"},
    {"invalid comment; missing", "a comment without its closing */"},
    {"invalid comment", "a comment begins with // or /*"},
    {"invalid number", "a number that is not finished"},
    {"number overflow", "a number too large to be read"},
};

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  return text.substr(0, text.find(end));
}

std::string_view plain_token(std::string_view token) {
  for (const Phrase& phrase : kTokens) {
    if (starts_with(token, phrase.library)) return phrase.plain;
  }
  return "something else";
}

std::string expected_here(std::string_view library_says) {
  const std::string_view context = between(library_says, "while parsing ", " - ");
  const std::string_view expected = between(library_says, "; expected ", "\n");
  if (context == "object key") return "a name in double quotes";
  if (context == "object separator") return "\":\"";
  if (context == "object") return "\",\" or \"}\"";
  if (context == "array") return "\",\" or \"]\"";
  if (expected == "end of input") return "nothing more";
  return "a value";
}

bool follows_comma(std::string_view text, std::size_t offset) {
  const std::string_view before = trim(text.substr(0, offset));
  return !before.empty() && before.back() == ',';
}

}  // namespace

std::string position_text(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_end = before.rfind('\n');
  const std::string_view this_line = line_end == std::string_view::npos ? before : before.substr(line_end + 1);
  const auto column = 1 + std::count_if(this_line.begin(), this_line.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::string explain_syntax_error(std::string_view text, std::size_t offset, std::string_view library_says) {
  const std::string where = position_text(text, offset) + ": ";
  const std::string_view complaint =
      contains(library_says, "number overflow") ? "number overflow" : between(library_says, " - ", "; last read");
  for (const Phrase& phrase : kComplaints) {
    if (starts_with(complaint, phrase.library)) return where + std::string(phrase.plain);
  }
  const std::string_view got = between(library_says, "unexpected ", ";");
  std::string message = where + "expected " + expected_here(library_says) + ", got " + std::string(plain_token(got));
  const bool closes = got == "'}'" || got == "']'";
  if (closes && follows_comma(text, offset)) message += "; the comma before it is one too many";
  return message;
}

}  // namespace aigw::config
