#include "observe/story_steps.h"

#include <algorithm>

#include "base/money.h"

namespace aigw::observe {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

const char* what_for(Story::Pause::For reason) {
  switch (reason) {
    case Story::Pause::For::Body: return "for the client to send its request";
    case Story::Pause::For::Allowance: return "for room under the caller's limits";
    case Story::Pause::For::Room: return "for room under a provider's limits";
    case Story::Pause::For::Cooldown: return "for the end of a cooldown, since nobody else is left";
    case Story::Pause::For::Retry: return "before the next try";
  }
  return "";
}

std::string text_of(const Story::Choice& choice) {
  std::string text = choice.provider.empty() ? "nobody is left" : quoted(choice.provider) + ": " + choice.why;
  for (const Story::Skip& skip : choice.skipped) text += "; not " + quoted(skip.provider) + ": " + skip.reason;
  if (choice.skipped_more > 0) text += "; nor " + std::to_string(choice.skipped_more) + " more";
  return text;
}

std::string asked_text(const Story::Attempt& attempt) {
  std::string text = quoted(attempt.provider) + (attempt.retry ? " again" : "");
  if (!attempt.server.empty()) text += " at " + attempt.server;
  if (!attempt.model.empty()) text += " for " + quoted(attempt.model);
  if (attempt.converted) text += std::string(", converted to ") + to_string(attempt.dialect);
  if (!attempt.dropped.empty()) text += ", without " + attempt.dropped;
  return text;
}

std::string ended_text(const Story::Attempt& attempt) {
  std::string text = quoted(attempt.provider);
  switch (attempt.outcome) {
    case Story::Attempt::Outcome::Answered: return text + " has answered";
    case Story::Attempt::Outcome::ClientGone: return text + " was left, since the client has gone";
    case Story::Attempt::Outcome::Rejected: text += " can't be asked for it"; break;
    case Story::Attempt::Outcome::Cut: text += " broke off in the middle of its answer"; break;
    case Story::Attempt::Outcome::Failed: text += " failed"; break;
  }
  if (!attempt.reason.empty()) text += ": " + attempt.reason;
  return attempt.said.empty() ? text : text + " (" + attempt.said + ")";
}

std::string end_text(const Story& story) {
  std::string text = std::to_string(story.status) + " to the client, " + counted(
      static_cast<std::int64_t>(story.bytes_out), "byte");
  if (story.answered) {
    text += ", " + counted(story.prompt_tokens, "token") + " in and " + std::to_string(story.completion_tokens) + " out";
    if (story.cached_tokens > 0) text += " (" + std::to_string(story.cached_tokens) + " cached)";
    if (story.estimated) text += ", estimated";
    text += story.priced ? ", " + format_dollars(story.cost) + " USD" : ", cost unknown";
  }
  return story.error.empty() ? text : text + ": " + story.error;
}

}  // namespace

std::vector<Step> steps_of(const Story& story) {
  std::vector<Step> steps;
  const auto add = [&](Offset at, const char* name, std::string text) { steps.push_back({at, name, std::move(text)}); };
  const auto add_if = [&](std::optional<Offset> at, const char* name, std::string text) {
    if (at) add(*at, name, std::move(text));
  };
  add(Offset{0}, "arrived", story.path + " from " + story.client);
  add_if(story.authenticated_at, "authenticated",
         (story.key == "-" ? "without a key" : "as the key " + quoted(story.key)) +
             (story.owner.empty() ? "" : " of " + quoted(story.owner)));
  add_if(story.understood_at, "understood",
         counted(static_cast<std::int64_t>(story.bytes_in), "byte") + ", about " +
             counted(story.prompt_tokens_expected, "token") + " of prompt" + (story.stream ? ", to be streamed" : ""));
  add_if(story.routed_at, "routed",
         "to " + quoted(story.route) + (story.route == story.model ? "" : ", as " + quoted(story.model)));
  add_if(story.allowed_at, "allowed", "limits and budgets have room; providers are chosen by " + story.strategy);
  // Of two steps within a microsecond the cause comes first: what ended an attempt before what followed from it.
  auto pause = story.pauses.begin();
  auto choice = story.choices.begin();
  const auto add_until = [&](Offset at) {
    for (; pause != story.pauses.end() && pause->began <= at; ++pause) {
      add(pause->began, "waited", what_for(pause->reason));
    }
    for (; choice != story.choices.end() && choice->at <= at; ++choice) add(choice->at, "chosen", text_of(*choice));
  };
  for (const Story::Attempt& attempt : story.attempts) {
    add_until(attempt.began);
    add(attempt.began, "asked", asked_text(attempt));
    add_if(attempt.head_at, "head", quoted(attempt.provider) + " says " + std::to_string(attempt.status));
    add_if(attempt.token_at, "first_token", "the first content of " + quoted(attempt.provider));
    add(attempt.ended, "attempt_ended", ended_text(attempt));
  }
  add_until(Offset::max());
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
  add(story.ended, "ended", end_text(story));
  return steps;
}

}  // namespace aigw::observe
