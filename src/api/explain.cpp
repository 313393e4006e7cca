#include "gateway/explain.h"

#include <nlohmann/json.hpp>

#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/query_parameters.h"
#include "api/refusal.h"
#include "base/text.h"
#include "gateway/errors.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kTokensMax = 1'000'000'000;

struct Question {
  std::string model;
  std::uint64_t tokens = 1;  // of the prompt; for none at all everybody would be equally cheap
  std::optional<config::Strategy> strategy;
};

Result<Question> parse_question(std::string_view query) {
  Question question;
  const Status status = read_parameters(
      query, {{"model",
               [&](const auto& given) -> Status {
                 question.model = given.value;
                 return Done{};
               }},
              {"tokens", [&](const auto& given) { return read_number(given, 0, kTokensMax, question.tokens); }},
              {"strategy", [&](const auto& given) -> Status {
                 question.strategy = config::parse_strategy(given.value);
                 if (question.strategy) return Done{};
                 return invalid("There is no strategy " + shown(given.value) + ".");
               }}});
  if (!status) return status.error();
  if (question.model.empty()) return invalid("Say which model: ?model=<name>.");
  return question;
}

Json line_json(const gateway::Explanation::Line& line, const gateway::Backend* chosen) {
  const config::Provider& provider = *line.backend->config;
  return {{"name", provider.name},
          {"priority", provider.priority},
          {"weight", provider.weight},
          {"available", line.available},
          {"chosen", line.backend == chosen},
          {"reason", line.reason.empty() ? Json(nullptr) : Json(line.reason)}};
}

}  // namespace

void explain(Call& call) {
  const Result<Question> question = parse_question(call.request.query);
  if (!question) return refuse(call, question.error());
  const auto routes = call.gateway.routes();
  const gateway::LiveRoute* const route = routes->find(question->model);
  if (route == nullptr) {
    return refuse(call, gateway::refuse(404, "The model '" + shorten(question->model, 100) +
                                                 "' is not configured here.", "model_not_found", "model"));
  }
  const config::Strategy strategy = question->strategy.value_or(route->config->strategy);
  const gateway::Explanation explanation =
      gateway::explain(*route, question->model, static_cast<std::int64_t>(question->tokens), strategy);
  Json providers = Json::array();
  for (const auto& line : explanation.providers) providers.push_back(line_json(line, explanation.chosen));
  call.client.reply(json_reply(
      200, {{"model", question->model},
            {"route", route->config->model},
            {"strategy", to_string(strategy)},
            {"chosen", explanation.chosen != nullptr ? Json(explanation.chosen->config->name) : Json(nullptr)},
            {"why", explanation.why},
            {"providers", providers}}));
}

}  // namespace aigw::api
