#include "protocol/prompt_overflow.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace aigw::protocol {
namespace {

constexpr std::string_view kPrefix = "prompt is too long: ";

// A number of tokens in a text, and where it stands.
struct Figure {
  std::uint64_t value = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Overflow {
  std::uint64_t tokens = 0;
  std::uint64_t maximum = 0;
};


// The commas in `1,048,576`.
bool is_separator(std::string_view text, std::size_t at) {
  return text[at] == ',' && at + 1 < text.size() && is_digit(text[at + 1]);
}

bool is_word_char(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

// `8192`, `1,048,576`; not what belongs to a name, as in `gpt-4`, `claude-3-5-sonnet-20241022` or `llama3.1`.
std::vector<Figure> figures_of(std::string_view text) {
  constexpr std::size_t kDigitsMax = 12;
  std::vector<Figure> figures;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    std::string digits;
    for (; at < text.size() && (is_digit(text[at]) || is_separator(text, at)); ++at) {
      if (text[at] != ',') digits += text[at];
    }
    const bool in_name = (begin > 0 && (is_word_char(text[begin - 1]) || text[begin - 1] == '.')) ||
                         (at < text.size() && is_word_char(text[at])) ||
                         (at + 1 < text.size() && text[at] == '.' && is_word_char(text[at + 1]));
    if (in_name) {
      while (at < text.size() && (is_word_char(text[at]) || text[at] == '.')) ++at;
    } else if (digits.size() <= kDigitsMax) {
      figures.push_back({*parse_uint(digits), begin, at});
    }
  }
  return figures;
}

bool follows(std::string_view text, const Figure& figure, std::string_view words) {
  return starts_with(text.substr(figure.end), words);
}

// The figure that is the limit: the one behind `>`, in front of `maximum`, or next behind the words for it.
const Figure* limit_among(const std::vector<Figure>& figures, std::string_view text) {
  for (const Figure& figure : figures) {
    const std::string_view before = trim(text.substr(0, figure.begin));
    if ((!before.empty() && before.back() == '>') || follows(text, figure, " maximum")) return &figure;
  }
  static constexpr std::array<std::string_view, 8> kLimitWords = {
      "context length", "context limit", "context size", "context window", "tokens allowed", "prompt length",
      "must be <=",     "maximum of"};
  for (const std::string_view words : kLimitWords) {
    const std::size_t at = text.find(words);
    if (at == std::string_view::npos) continue;
    const auto next = std::find_if(figures.begin(), figures.end(), [&](const Figure& f) { return f.begin > at; });
    if (next != figures.end()) return &*next;
  }
  return nullptr;
}

// `<a> + <b> > <limit>`: Anthropic's way to say that prompt and max_tokens together are too much.
std::uint64_t sum_before(const Figure& limit, const std::vector<Figure>& figures, std::string_view text) {
  for (std::size_t i = 0; i + 1 < figures.size(); ++i) {
    const Figure& a = figures[i];
    const Figure& b = figures[i + 1];
    const bool is_sum = trim(text.substr(a.end, b.begin - a.end)) == "+";
    if (is_sum && b.end < limit.begin) return a.value + b.value;
  }
  return 0;
}

// `text` is lower case. Of several figures above the limit the largest is the whole request.
std::optional<Overflow> overflow_of(std::string_view text) {
  if (!contains(text, "token")) return std::nullopt;  // characters are no tokens
  const std::vector<Figure> figures = figures_of(text);
  const Figure* const limit = limit_among(figures, text);
  if (limit == nullptr) return std::nullopt;
  std::uint64_t tokens = sum_before(*limit, figures, text);
  for (const Figure& figure : figures) tokens = std::max(tokens, figure.value);
  if (tokens <= limit->value) return std::nullopt;
  return Overflow{tokens, limit->value};
}

bool is_word_for_it(std::string_view word) {
  const std::string plain = letters_and_digits(word);
  return contains(plain, "contextlength") || contains(plain, "contextsize") || contains(plain, "contextwindow");
}

// `string_above_max_length` is also said of metadata, tool descriptions and the like.
bool is_about_prompt(std::string_view param) {
  const std::string_view field = param.substr(0, param.find_first_of(".["));
  return field.empty() || field == "input" || field == "messages" || field == "prompt" || field == "instructions" ||
         field == "contents" || field == "system";
}

}  // namespace

bool says_prompt_too_long(const ProviderError& error) {
  if (is_word_for_it(error.code) || is_word_for_it(error.type)) return true;
  if (error.code == "string_above_max_length") return is_about_prompt(error.param);
  const std::string text = lower(error.message);
  const auto says = [&](std::string_view words) { return contains(text, words); };
  if (says("context length") || says("prompt is too long") || says("context limit") || says("maximum prompt length")) {
    return true;
  }
  return says("exceed") && (says("input token count") || says("context window") || says("context size"));
}

std::string prompt_too_long(std::string_view message) {
  if (starts_with(message, kPrefix)) return std::string(message);
  if (const std::optional<Overflow> overflow = overflow_of(lower(message))) {
    return std::string(kPrefix) + std::to_string(overflow->tokens) + " tokens > " + std::to_string(overflow->maximum) +
           " maximum";
  }
  return std::string(kPrefix) + std::string(message);
}

}  // namespace aigw::protocol
