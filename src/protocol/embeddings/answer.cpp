#include "protocol/embeddings/answer.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "protocol/embeddings/embeddings.h"

namespace aigw::protocol::embeddings {
namespace {

// Whether the first vector is a string; nothing where no vector stands. All of an answer's vectors are alike.
std::optional<bool> is_base64(std::string_view answer) {
  constexpr std::string_view kName = "\"embedding\"";
  for (std::size_t at = answer.find(kName); at != std::string_view::npos; at = answer.find(kName, at + 1)) {
    std::size_t behind = answer.find_first_not_of(" \t\r\n", at + kName.size());
    if (behind == std::string_view::npos || answer[behind] != ':') continue;  // the value of `object`
    behind = answer.find_first_not_of(" \t\r\n", behind + 1);
    if (behind != std::string_view::npos) return answer[behind] == '"';
  }
  return std::nullopt;
}

bool asks_for_base64(std::string_view asked) {
  if (asked.find("base64") == std::string_view::npos) return false;  // spares the tree of a large body
  const Result<Json> tree = parse_object(asked);
  return tree && wants_base64(*tree);
}

}  // namespace

Result<std::string> convert_answer(Dialect provider, std::string answer, std::string_view asked, std::string_view model,
                                   std::int64_t prompt_tokens) {
  const bool base64 = asks_for_base64(asked);
  const bool is_native = provider == Dialect::Embeddings;
  if (is_native && is_base64(answer).value_or(base64) == base64) return answer;
  Result<Json> tree = parse_object(answer);
  if (!tree) return tree.error();
  const Result<Json> converted =
      is_native ? normalised(std::move(*tree), base64) : from_gemini(*tree, model, base64, prompt_tokens);
  if (!converted) return converted.error();
  return dump(*converted);
}

}  // namespace aigw::protocol::embeddings
