#include "protocol/embeddings/answer.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "protocol/embeddings/embeddings.h"
#include "protocol/json_read.h"

namespace aigw::protocol::embeddings {
namespace {

// Where the value of the next member `name` (in quotes) begins, from `at` on, or npos. What has no colon behind it is
// itself a value.
std::size_t find_value(std::string_view answer, std::string_view name, std::size_t at) {
  constexpr const char* kBlanks = " \t\r\n";
  for (at = answer.find(name, at); at != std::string_view::npos; at = answer.find(name, at)) {
    at = answer.find_first_not_of(kBlanks, at + name.size());
    if (at != std::string_view::npos && answer[at] == ':') return answer.find_first_not_of(kBlanks, at + 1);
  }
  return at;
}

// Whether there are vectors, and all of them are strings, or none is.
bool has_form(std::string_view answer, bool base64) {
  constexpr std::string_view kVector = "\"embedding\"";
  const std::size_t first = find_value(answer, kVector, 0);
  for (std::size_t at = first; at != std::string_view::npos; at = find_value(answer, kVector, at)) {
    if ((answer[at] == '"') != base64) return false;
  }
  return first != std::string_view::npos;
}

// Whether the vectors stand in the order of their indices.
bool is_sorted(std::string_view answer) {
  constexpr std::string_view kIndex = "\"index\"";
  std::uint64_t last = 0;
  for (std::size_t at = find_value(answer, kIndex, 0); at != std::string_view::npos;
       at = find_value(answer, kIndex, at)) {
    const std::size_t end = std::min(answer.find_first_not_of("0123456789", at), answer.size());
    const auto index = parse_uint(answer.substr(at, end - at));
    if (index && *index < last) return false;
    last = index.value_or(last);
  }
  return true;
}

bool asks_for_base64(std::string_view asked) {
  if (asked.find("base64") == std::string_view::npos) return false;  // spares the tree of a large body
  const Result<Json> tree = parse_object(asked);
  return tree && wants_base64(*tree);
}

std::string model_in(std::string_view asked) {
  const Result<Json> tree = parse_object(asked);
  return tree ? std::string(text_of(*tree, "model")) : "";
}

}  // namespace

Result<std::string> convert_answer(Dialect provider, std::string answer, std::string_view asked, std::string_view model,
                                   std::int64_t prompt_tokens) {
  const bool base64 = asks_for_base64(asked);
  const bool is_native = provider == Dialect::Embeddings;
  if (is_native && has_form(answer, base64) && is_sorted(answer)) return answer;
  Result<Json> tree = parse_object(answer);
  if (!tree) return tree.error();
  const std::string name = model.empty() ? model_in(asked) : std::string(model);
  const Result<Json> converted =
      is_native ? normalised(std::move(*tree), base64) : from_gemini(*tree, name, base64, prompt_tokens);
  if (!converted) return converted.error();
  return dump(*converted);
}

}  // namespace aigw::protocol::embeddings
