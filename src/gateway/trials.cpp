#include "gateway/trials.h"

#include <algorithm>

#include "routing/retry.h"

namespace aigw::gateway {
namespace {

std::string describe(const Trial& trial) {
  std::string text = trial.backend->config->name + ": " + trial.reason;
  if (trial.tries == 0) text += " (skipped)";
  if (trial.tries > 1) text += " (" + std::to_string(trial.tries) + " tries)";
  return text;
}

bool all(const std::vector<Trial>& trials, Trial::Kind kind) {
  return std::all_of(trials.begin(), trials.end(), [&](const Trial& trial) { return trial.kind == kind; });
}

}  // namespace

Trial Trial::failed(const Backend& backend, const AttemptResult& result, int tries) {
  Trial trial{&backend, Kind::Failed, tries, result.failure.reason, std::nullopt, ""};
  const int status = result.failure.status;
  if (status == 429 || status == 402) {
    trial.kind = Kind::Limited;
    trial.free_in = routing::cooldown_after(status, result.wait_hint);
  } else if (status == 0 && result.failure.kind == ErrorKind::TimedOut) {
    trial.kind = Kind::TimedOut;
  }
  return trial;
}

Trial Trial::rejected(const Backend& backend, const protocol::Rejection& rejection) {
  return {&backend, Kind::Rejected, 0, rejection.message, std::nullopt, rejection.param};
}

Trial Trial::skipped(const Backend& backend, const Unavailable& why) {
  Trial trial{&backend, Kind::Failed, 0, why.reason, why.free_in, ""};
  if (why.limited()) trial.kind = Kind::Limited;
  if (why.why == Unavailable::Why::PromptTooLong) trial.kind = Kind::PromptTooLong;
  if (why.why == Unavailable::Why::NoSuchForm) trial.kind = Kind::Rejected;
  if (why.why == Unavailable::Why::Disabled || why.why == Unavailable::Why::NotConfigured) trial.kind = Kind::NotUsable;
  return trial;
}

Refusal nobody_left(const std::string& model, const std::vector<Trial>& trials) {
  // What the operator has switched off, or not finished, is worth a word but decides nothing.
  std::vector<Trial> usable;
  std::copy_if(trials.begin(), trials.end(), std::back_inserter(usable),
               [](const Trial& trial) { return trial.kind != Trial::Kind::NotUsable; });
  std::string list;
  for (const Trial& trial : trials) list += (list.empty() ? "" : "; ") + describe(trial);

  if (usable.empty()) {
    return refuse(502, "No provider of model '" + model + "' can be used: " + list + ".", "no_provider");
  }
  if (all(usable, Trial::Kind::PromptTooLong)) {
    return refuse(400, "The prompt is too long for every provider of model '" + model + "': " + list + ".",
                  "context_length_exceeded", "messages");
  }
  if (all(usable, Trial::Kind::Rejected)) {
    const Trial& first = usable.front();
    if (usable.size() == 1 && !first.param.empty()) return refuse(400, first.reason, "", first.param);
    return refuse(400, "No provider of model '" + model + "' can take this request: " + list + ".", "", first.param);
  }
  if (all(usable, Trial::Kind::Limited)) {
    Refusal refusal =
        refuse(429, "Every provider of model '" + model + "' is rate-limited or out of quota: " + list + ".");
    for (const Trial& trial : usable) {
      if (trial.free_in) refusal.retry_after = std::min(refusal.retry_after.value_or(Millis::max()), *trial.free_in);
    }
    return refusal;
  }
  if (all(usable, Trial::Kind::TimedOut)) {
    return refuse(504, "No provider of model '" + model + "' answered in time: " + list + ".");
  }
  return refuse(502, "No provider of model '" + model + "' could answer: " + list + ".", "no_provider");
}

}  // namespace aigw::gateway
