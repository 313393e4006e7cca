#include "protocol/embeddings/embeddings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/embeddings/vectors.h"
#include "protocol/json_read.h"

namespace aigw::protocol::embeddings {
namespace {

using canonical::Notes;

// The texts of `input`; rejects what is none.
std::vector<std::string> texts_of(const Json& body, Notes& notes) {
  std::vector<std::string> texts;
  const Json* const input = find_member(body, "input");
  if (input == nullptr || !(input->is_string() || input->is_array())) {
    notes.reject("input", "\"input\" must be a string or an array of strings.");
    return texts;
  }
  for (const Json& item : input->is_array() ? *input : Json::array({*input})) {
    if (item.is_number() || item.is_array()) {
      notes.reject("input", "This model does not take arrays of tokens: send \"input\" as text.");
    } else if (!item.is_string()) {
      notes.reject("input", "\"input\" must be a string or an array of strings.");
    } else {
      texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

std::optional<std::int64_t> dimensions_of(const Json& body, Notes& notes) {
  if (!has_member(body, "dimensions")) return std::nullopt;
  const std::optional<std::int64_t> dimensions = integer_of(body, "dimensions");
  if (dimensions && *dimensions >= 1) return dimensions;
  notes.reject("dimensions", "\"dimensions\" must be an integer of at least 1.");
  return std::nullopt;
}

void drop_rest(const Json& body, Notes& notes) {
  for (const auto& [name, value] : body.items()) {
    const bool is_known =
        name == "model" || name == "input" || name == "dimensions" || name == "encoding_format";
    if (!is_known && !value.is_null()) notes.drop(name);
  }
}

// A vector of Google's: `{"values":[…]}`.
Json entry_of(const Json& embedding, std::size_t index, bool base64, bool& is_whole) {
  const Json* const values = find_member(embedding, "values");
  std::optional<Json> vector = values != nullptr && values->is_array() ? in_form(*values, base64) : std::nullopt;
  is_whole = is_whole && vector.has_value();
  return {{"object", "embedding"}, {"index", index}, {"embedding", std::move(vector).value_or(Json())}};
}

Error not_embeddings() { return {ErrorKind::Garbled, "the answer holds no embeddings"}; }

}  // namespace

Json to_gemini(const Json& body, std::string_view model, Notes& notes) {
  const std::optional<std::int64_t> dimensions = dimensions_of(body, notes);
  if (model.empty()) model = text_of(body, "model");
  const std::string path = contains(model, "/") ? std::string(model) : "models/" + std::string(model);
  Json requests = Json::array();
  for (std::string& text : texts_of(body, notes)) {
    Json part = {{"text", std::move(text)}};
    Json request = {{"model", path}, {"content", {{"parts", Json::array({std::move(part)})}}}};
    if (dimensions) request["outputDimensionality"] = *dimensions;
    requests.push_back(std::move(request));
  }
  drop_rest(body, notes);
  return {{"requests", std::move(requests)}};
}

bool wants_base64(const Json& body) { return text_of(body, "encoding_format") == "base64"; }

Result<Json> from_gemini(const Json& answer, std::string_view model, bool base64, std::int64_t prompt_tokens) {
  const Json* const single = find_member(answer, "embedding");
  const Json list = single != nullptr ? Json::array({*single}) : items_of(answer, "embeddings");
  Json data = Json::array();
  bool is_whole = !list.empty();
  for (std::size_t i = 0; i < list.size(); ++i) data.push_back(entry_of(list[i], i, base64, is_whole));
  if (!is_whole) return not_embeddings();
  const std::int64_t tokens =
      integer_of(members_of(answer, "usageMetadata"), "promptTokenCount").value_or(prompt_tokens);
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"model", model},
              {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
}

Result<Json> normalised(Json answer, bool base64) {
  if (items_of(answer, "data").empty()) return not_embeddings();
  std::vector<std::pair<std::int64_t, Json>> entries;
  for (Json& entry : answer["data"]) {
    if (find_member(entry, "embedding") == nullptr) return not_embeddings();
    std::optional<Json> vector = in_form(std::move(entry["embedding"]), base64);
    if (!vector) return not_embeddings();
    entry["embedding"] = std::move(*vector);
    const std::int64_t place = static_cast<std::int64_t>(entries.size());
    entries.emplace_back(integer_of(entry, "index").value_or(place), std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json sorted = Json::array();
  for (auto& [index, entry] : entries) sorted.push_back(std::move(entry));
  answer["data"] = std::move(sorted);
  return answer;
}

}  // namespace aigw::protocol::embeddings
