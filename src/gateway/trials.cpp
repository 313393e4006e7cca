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

// The status with which the last provider that was asked refused the key; 0 if it did not.
int last_auth_status(const std::vector<Trial>& trials) {
  const auto last = std::find_if(trials.rbegin(), trials.rend(), [](const Trial& trial) { return trial.tries > 0; });
  return last == trials.rend() ? 0 : last->auth_status;
}

void erase(std::vector<Trial>& trials, Trial::Kind kind) {
  trials.erase(std::remove_if(trials.begin(), trials.end(), [&](const Trial& trial) { return trial.kind == kind; }),
               trials.end());
}

}  // namespace

Trial Trial::failed(const Backend& backend, const AttemptResult& result, int tries) {
  Trial trial{&backend, Kind::Failed, tries, result.failure.reason, std::nullopt, ""};
  const int status = result.failure.status;
  if (status == 401 || status == 403) trial.auth_status = status;
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
  const bool is_rejected = why.why == Unavailable::Why::NoSuchForm || why.why == Unavailable::Why::NoPrice;
  if (is_rejected) trial.kind = Kind::Rejected;
  if (why.why == Unavailable::Why::Disabled || why.why == Unavailable::Why::NotConfigured) trial.kind = Kind::NotUsable;
  return trial;
}

Refusal nobody_left(const std::string& model, const std::vector<Trial>& trials, bool passes_auth) {
  // What the operator has switched off, or not finished, is worth a word but decides nothing.
  std::vector<Trial> usable = trials;
  erase(usable, Trial::Kind::NotUsable);
  std::string list;
  for (const Trial& trial : trials) list += (list.empty() ? "" : "; ") + describe(trial);

  if (usable.empty()) {
    return refuse(502, "No provider of model '" + model + "' can be used: " + list + ".", "no_provider");
  }
  if (all(usable, Trial::Kind::Rejected)) {
    const auto named =
        std::find_if(usable.begin(), usable.end(), [](const Trial& trial) { return !trial.param.empty(); });
    const std::string param = named == usable.end() ? "" : named->param;
    if (usable.size() == 1 && !param.empty()) return refuse(400, named->reason, "", param);
    return refuse(400, "No provider of model '" + model + "' can take this request: " + list + ".", "", param);
  }
  erase(usable, Trial::Kind::Rejected);
  if (all(usable, Trial::Kind::PromptTooLong)) {
    return refuse(400, "The prompt is too long for every provider of model '" + model + "': " + list + ".",
                  "context_length_exceeded", "messages");
  }
  if (const int status = passes_auth ? last_auth_status(usable) : 0; status != 0) {
    return refuse(status, "The last provider of model '" + model + "' refused its key: " + list + ".");
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
