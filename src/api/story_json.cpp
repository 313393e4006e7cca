#include "api/story_json.h"

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "base/timestamp.h"
#include "observe/story_steps.h"

namespace aigw::api {
namespace {

using observe::Offset;
using observe::Story;
using Json = nlohmann::ordered_json;

// In milliseconds, to the microsecond.
double millis(Offset offset) { return static_cast<double>(offset.count()) / 1000; }

Json millis_or_null(const std::optional<Offset>& offset) { return offset ? Json(millis(*offset)) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json steps_json(const Story& story) {
  Json steps = Json::array();
  for (const observe::Step& step : observe::steps_of(story)) {
    steps.push_back({{"at_ms", millis(step.at)}, {"step", step.name}, {"text", step.text}});
  }
  return steps;
}

Json choice_json(const Story::Choice& choice) {
  Json skipped = Json::array();
  for (const Story::Skip& skip : choice.skipped) {
    skipped.push_back({{"provider", skip.provider}, {"reason", skip.reason}});
  }
  return {{"at_ms", millis(choice.at)},
          {"provider", text_or_null(choice.provider)},
          {"priority", choice.provider.empty() ? Json(nullptr) : Json(choice.priority)},
          {"why", text_or_null(choice.why)},
          {"skipped", skipped},
          {"skipped_more", choice.skipped_more}};
}

Json attempt_json(const Story::Attempt& attempt) {
  return {{"provider", attempt.provider},
          {"model", attempt.model},
          {"server", text_or_null(attempt.server)},
          {"dialect", to_string(attempt.dialect)},
          {"converted", attempt.converted},
          {"retry", attempt.retry},
          {"began_ms", millis(attempt.began)},
          {"ended_ms", millis(attempt.ended)},
          {"head_ms", millis_or_null(attempt.head_at)},
          {"token_ms", millis_or_null(attempt.token_at)},
          {"status", attempt.status == 0 ? Json(nullptr) : Json(attempt.status)},
          {"outcome", observe::to_string(attempt.outcome)},
          {"reason", text_or_null(attempt.reason)},
          {"said", text_or_null(attempt.said)},
          {"dropped", text_or_null(attempt.dropped)}};
}

template <typename Part, typename ToJson>
Json list_json(const std::vector<Part>& parts, ToJson to_json) {
  Json list = Json::array();
  for (const Part& part : parts) list.push_back(to_json(part));
  return list;
}

Json pause_json(const Story::Pause& pause) {
  return {{"for", observe::to_string(pause.reason)}, {"began_ms", millis(pause.began)}, {"ended_ms", millis(pause.ended)}};
}

Json capture_json(const std::optional<Story::Capture>& capture) {
  if (!capture) return nullptr;
  return {{"request", capture->request},
          {"answer", capture->answer},
          {"request_bytes", capture->request_bytes},
          {"answer_bytes", capture->answer_bytes}};
}

}  // namespace

Json summary_json(const Story& story) {
  return {{"id", story.id},
          {"time", format_local_time(story.began)},
          {"key", story.key},
          {"owner", text_or_null(story.owner)},
          {"client", story.client},
          {"path", story.path},
          {"model", story.model},
          {"route", text_or_null(story.route)},
          {"provider", text_or_null(story.provider)},
          {"status", story.status},
          {"error", text_or_null(story.error)},
          {"stream", story.stream},
          {"attempts", story.attempt_count},
          {"switches", story.switches()},
          {"first_token_ms", millis_or_null(story.first_token_at)},
          {"total_ms", millis(story.ended)},
          {"overhead_ms", millis(story.overhead())},
          {"tokens_in", story.prompt_tokens},
          {"tokens_out", story.completion_tokens},
          {"cached_tokens", story.cached_tokens},
          {"estimated", story.estimated},
          {"cost", story.priced ? Json(to_dollars(story.cost)) : Json(nullptr)}};
}

Json story_json(const Story& story) {
  Json json = summary_json(story);
  json["trace_id"] = observe::to_hex(story.trace.trace);
  json["strategy"] = text_or_null(story.strategy);
  json["dialect"] = to_string(story.dialect);
  json["bytes_in"] = story.bytes_in;
  json["bytes_out"] = story.bytes_out;
  json["dropped"] = text_or_null(story.dropped);
  json["steps"] = steps_json(story);
  json["choices"] = list_json(story.choices, choice_json);
  json["attempts_made"] = list_json(story.attempts, attempt_json);
  json["pauses"] = list_json(story.pauses, pause_json);
  json["capture"] = capture_json(story.capture);
  return json;
}

}  // namespace aigw::api
