#include "protocol/gemini/logprobs.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "protocol/gemini/field.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

constexpr Field kChosen{"chosenCandidates", "chosen_candidates"};
constexpr Field kTop{"topCandidates", "top_candidates"};
constexpr Field kAlternatives{"candidates", "candidates"};
constexpr Field kLogProbability{"logProbability", "log_probability"};

// Google leaves out a probability of 0, which is certainty.
Json token_of(const Json& candidate) {
  const std::string_view token = text_of(candidate, "token");
  const Json* const probability = find_field(candidate, kLogProbability);
  Json bytes = Json::array();
  for (const char byte : token) bytes.push_back(static_cast<unsigned char>(byte));
  const bool is_number = probability != nullptr && probability->is_number();
  return {{"token", token}, {"logprob", is_number ? *probability : Json(0)}, {"bytes", std::move(bytes)}};
}

}  // namespace

Json logprobs(const Json& result) {
  const Json& chosen = items_field(result, kChosen);
  const Json& top = items_field(result, kTop);
  if (chosen.empty()) return nullptr;
  Json content = Json::array();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    Json token = token_of(chosen[i]);
    Json others = Json::array();
    for (const Json& other : i < top.size() ? items_field(top[i], kAlternatives) : Json::array()) {
      others.push_back(token_of(other));
    }
    token["top_logprobs"] = std::move(others);
    content.push_back(std::move(token));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

}  // namespace aigw::protocol::gemini
