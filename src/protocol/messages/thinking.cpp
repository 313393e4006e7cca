#include "protocol/messages/thinking.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "protocol/canonical/effort.h"
#include "protocol/canonical/proof.h"
#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Message;
using canonical::Part;
using canonical::Request;
using config::Capabilities;
using config::ThinkingForm;

constexpr std::int64_t kBudgetMin = 1024;
constexpr std::int64_t kAnswerTokens = 4096;  // room for the answer beside a budget, where the client set no limit
constexpr std::int64_t kOutputTokens = 4096;  // of a model of which the limit is unknown

// What the client asks for, in the form that the model takes.
struct Wish {
  Json thinking = {};                       // null: nothing
  std::string effort = {};
  std::optional<std::int64_t> budget = {};  // of thinking in budget form
  bool on = false;
  bool as_sent = false;                     // the client's own object: touched only where it can't be right
};

// Anthropic's least level is `low`.
std::string level_of(const std::string& effort, const Capabilities& can) {
  return canonical::clamp_effort(effort == "minimal" ? "low" : effort, can.effort_levels);
}

Json disabled() { return Json{{"type", "disabled"}}; }

// Beside the adaptive form an effort has its meaning; any other object wins over it.
Wish wish_as_sent(const Json& thinking, const std::string& effort, const Capabilities& can) {
  const std::string_view type = text_of(thinking, "type");
  const bool has_level = type == "adaptive" && can.thinking == ThinkingForm::Adaptive && effort != "none";
  Wish wish{.thinking = thinking, .as_sent = true};
  wish.on = type == "enabled" || type == "adaptive";
  if (has_level && canonical::is_effort(effort)) wish.effort = level_of(effort, can);
  if (type == "enabled") wish.budget = integer_of(thinking, "budget_tokens");
  if (wish.budget < kBudgetMin) wish.budget.reset();  // nothing to fit: Anthropic refuses it, and says so
  return wish;
}

Wish wish_in_tokens(const std::string& effort) {
  const std::int64_t budget = canonical::messages_budget(effort);
  return {.thinking = Json{{"type", "enabled"}, {"budget_tokens", budget}}, .budget = budget, .on = true};
}

Wish wish_in_levels(const std::string& effort, const Capabilities& can) {
  return {.thinking = Json{{"type", "adaptive"}}, .effort = level_of(effort, can), .on = true};
}

// Nothing where the model can't be told so.
std::optional<Wish> wish_of(const Request& request, const Capabilities& can) {
  const std::string& effort = request.reasoning.effort;
  if (request.reasoning.thinking) return wish_as_sent(*request.reasoning.thinking, effort, can);
  if (effort.empty()) return Wish{};
  if (!canonical::is_effort(effort)) return std::nullopt;
  const bool thinks = can.thinking == ThinkingForm::Budget || can.thinking == ThinkingForm::Adaptive;
  if (!thinks) return std::nullopt;
  if (effort == "none") return Wish{.thinking = disabled()};
  return can.thinking == ThinkingForm::Budget ? wish_in_tokens(effort) : wish_in_levels(effort, can);
}

// The names by which the client knows what is dropped.
std::string_view effort_field(const Request& request) {
  return request.client == Dialect::Responses ? "reasoning.effort" : "reasoning_effort";
}

std::string_view field_of(const Request& request) {
  return request.reasoning.thinking ? "thinking" : effort_field(request);
}

// Anthropic demands that a turn with calls, the results of which this request brings, begin with thinking.
bool began_without_thinking(const Request& request) {
  const auto last = std::find_if(request.messages.rbegin(), request.messages.rend(),
                                 [](const Message& message) { return message.role == canonical::Role::Assistant; });
  if (last == request.messages.rend()) return false;
  const auto is_call = [](const Part& part) { return canonical::as<canonical::ToolCall>(part) != nullptr; };
  const auto is_thought = [](const Part& part) {
    const auto* const thinking = canonical::as<canonical::Thinking>(part);
    return thinking != nullptr && canonical::takes_back(Dialect::Messages, *thinking);
  };
  const std::vector<Part>& parts = last->parts;
  return std::any_of(parts.begin(), parts.end(), is_call) && std::none_of(parts.begin(), parts.end(), is_thought);
}

// Four fifths of the limit: the rest is for the answer.
std::int64_t share_of(std::int64_t limit) { return limit / 5 * 4 + limit % 5 * 4 / 5; }

// The limit of tokens with room for `budget`, and the budget lowered where the limit stands.
std::int64_t fit_budget(std::int64_t& budget, const Request& request, std::int64_t limit, bool as_sent) {
  if (!request.max_tokens && budget < limit - kAnswerTokens) limit = budget + kAnswerTokens;
  const bool share_counts = request.max_tokens && !as_sent;
  if (share_counts || budget >= limit) budget = std::min(budget, share_of(limit));
  return limit;
}

}  // namespace

ThinkingPlan plan_thinking(const Request& request, const Capabilities& can, bool forced_tool,
                           canonical::Notes& notes) {
  ThinkingPlan plan;
  plan.max_tokens = can.max_output_tokens.value_or(request.max_tokens.value_or(kOutputTokens));
  if (request.max_tokens) plan.max_tokens = std::min(plan.max_tokens, *request.max_tokens);
  std::optional<Wish> wish = wish_of(request, can);
  const auto leave_out = [&] {
    notes.drop(field_of(request));
    return plan;
  };
  if (!wish || (wish->on && forced_tool)) return leave_out();
  if (wish->as_sent && wish->effort.empty() && !request.reasoning.effort.empty()) notes.drop(effort_field(request));
  if (wish->budget) {
    if (began_without_thinking(request)) return leave_out();
    std::int64_t budget = *wish->budget;
    const std::int64_t limit = fit_budget(budget, request, plan.max_tokens, wish->as_sent);
    if (budget < kBudgetMin) return leave_out();
    if (budget != *wish->budget) wish->thinking["budget_tokens"] = budget;
    plan.max_tokens = limit;
  }
  if (!wish->thinking.is_null()) plan.thinking = std::move(wish->thinking);
  plan.effort = std::move(wish->effort);
  plan.on = wish->on;
  return plan;
}

}  // namespace aigw::protocol::messages
