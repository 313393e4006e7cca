#include "protocol/gemini/generation_config.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "protocol/canonical/effort.h"
#include "protocol/gemini/schema.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Notes;
using canonical::OutputFormat;
using canonical::Request;

constexpr std::int64_t kCandidatesMax = 8;
constexpr std::size_t kStopSequencesMax = 5;
constexpr std::int64_t kThinkingBudgetMax = 32768;  // of any model of Google's

void put_limits(const Request& request, const Target& target, Notes& notes, Json& config) {
  const bool is_messages = request.client == Dialect::Messages;
  if (request.n > kCandidatesMax) notes.reject("n", "This model gives at most 8 answers at once.");
  if (request.n > 1) config["candidateCount"] = request.n;
  if (request.stop.size() > kStopSequencesMax) notes.drop(is_messages ? "stop_sequences" : "stop");
  const auto end = request.stop.begin() + static_cast<std::ptrdiff_t>(std::min(request.stop.size(), kStopSequencesMax));
  if (!request.stop.empty()) config["stopSequences"] = std::vector<std::string>(request.stop.begin(), end);
  if (!request.max_tokens) return;
  config["maxOutputTokens"] = std::min(*request.max_tokens, target.can.max_output_tokens.value_or(*request.max_tokens));
}

void put_sampling(const Request& request, const Target& target, Notes& notes, Json& config) {
  const auto put = [&](const JsonBox& value, const char* client_name, const char* name) {
    if (!value || !value->is_number()) return;
    if (target.can.rejects_sampling) return notes.drop(client_name);
    config[name] = *value;
  };
  put(request.temperature, "temperature", "temperature");
  put(request.top_p, "top_p", "topP");
  put(request.top_k, "top_k", "topK");
}

// Takes the extra out of the request if its value has the right form; another one stays, and is dropped with the rest.
JsonBox take_if(Request& request, std::string_view name, bool (*fits)(const Json& value)) {
  const bool has_fitting =
      std::any_of(request.extras.begin(), request.extras.end(), [&](const canonical::Extra& extra) {
        return extra.name == name && extra.value && fits(*extra.value);
      });
  return has_fitting ? request.take_extra(name) : JsonBox();
}

bool is_number(const Json& value) { return value.is_number(); }
bool is_integer(const Json& value) { return value.is_number_integer(); }
bool is_flag(const Json& value) { return value.is_boolean(); }

// Gemini takes 32 bits with a sign, clients send up to 64.
std::uint64_t low_bits(const Json& seed) {
  constexpr std::uint64_t k31Bits = 0x7fffffff;
  const bool is_unsigned = seed.is_number_unsigned();
  return (is_unsigned ? seed.get<std::uint64_t>() : static_cast<std::uint64_t>(seed.get<std::int64_t>())) & k31Bits;
}

void put_extras(Request& request, Json& config) {
  if (const JsonBox seed = take_if(request, "seed", is_integer)) config["seed"] = low_bits(*seed);
  if (const JsonBox penalty = take_if(request, "presence_penalty", is_number)) config["presencePenalty"] = *penalty;
  if (const JsonBox penalty = take_if(request, "frequency_penalty", is_number)) config["frequencyPenalty"] = *penalty;
  const JsonBox wanted = take_if(request, "logprobs", is_flag);
  if (!wanted || !wanted->get<bool>()) return;
  config["responseLogprobs"] = true;
  const JsonBox count = take_if(request, "top_logprobs", is_integer);
  if (count && *count != 0) config["logprobs"] = *count;
}

void put_form(const Request& request, const Target& target, Json& config) {
  if (!request.format || asks_for_form_in_words(request, target)) return;
  const OutputFormat& format = *request.format;
  config["responseMimeType"] = "application/json";
  if (format.kind != OutputFormat::Kind::JsonSchema || !format.schema) return;
  if (target.can.json_schema_tools) {
    config["responseJsonSchema"] = *format.schema;
  } else {
    SchemaBudget budget;
    config["responseSchema"] = to_gemini_schema(*format.schema, budget);
  }
}

// What the client calls its wish.
const char* effort_name(const Request& request) {
  if (request.client == Dialect::Responses) return "reasoning.effort";
  if (request.client != Dialect::Messages) return "reasoning_effort";
  return request.reasoning.effort.empty() ? "thinking" : "output_config.effort";
}

// A number of tokens goes to a model that takes one as it is; everything else by way of the effort's word.
Json thinking_in_tokens(const canonical::Reasoning& reasoning, const std::string& effort) {
  const bool by_number = reasoning.effort.empty() && reasoning.budget && !reasoning.disabled;
  const std::int64_t tokens = by_number ? std::clamp<std::int64_t>(*reasoning.budget, 0, kThinkingBudgetMax)
                                        : canonical::gemini_budget(effort);
  if (tokens == 0) return {{"thinkingBudget", 0}};
  return {{"thinkingBudget", tokens}, {"includeThoughts", true}};
}

Json thinking_as_level(const std::string& effort, const config::Capabilities& can) {
  Json thinking = {{"thinkingLevel", canonical::gemini_level(effort, can.effort_levels)}};
  if (effort != "none") thinking["includeThoughts"] = true;
  return thinking;
}

void put_thinking(const Request& request, const Target& target, Notes& notes, Json& config) {
  const std::string effort = canonical::effort_of(request.reasoning);
  const bool is_wish = !effort.empty() || request.reasoning.adaptive;
  if (!is_wish) return;
  const config::ThinkingForm form = target.can.thinking;
  const bool can_think = form == config::ThinkingForm::Budget || form == config::ThinkingForm::Level;
  const bool is_met = !can_think && request.reasoning.disabled;
  if (is_met) return;
  if (!can_think || (!effort.empty() && !canonical::is_effort(effort))) return notes.drop(effort_name(request));
  if (effort.empty()) {
    config["thinkingConfig"] = {{"includeThoughts", true}};  // adaptive: how hard is the model's to say
  } else if (form == config::ThinkingForm::Budget) {
    config["thinkingConfig"] = thinking_in_tokens(request.reasoning, effort);
  } else {
    config["thinkingConfig"] = thinking_as_level(effort, target.can);
  }
}

}  // namespace

bool asks_for_form_in_words(const Request& request, const Target& target) {
  return request.format && !request.tools.empty() && !target.can.json_with_tools;
}

std::string form_in_words(const OutputFormat& format) {
  if (format.kind != OutputFormat::Kind::JsonSchema || !format.schema) {
    return "When you give your final answer, answer with exactly one JSON object and nothing around it.";
  }
  return "When you give your final answer, answer with exactly one JSON value that is valid under the following JSON "
         "schema, and nothing around it:\n" +
         dump(*format.schema);
}

Json generation_config(Request& request, const Target& target, Notes& notes) {
  Json config = Json::object();
  put_limits(request, target, notes, config);
  put_sampling(request, target, notes, config);
  put_extras(request, config);
  put_form(request, target, config);
  put_thinking(request, target, notes, config);
  return config;
}

}  // namespace aigw::protocol::gemini
