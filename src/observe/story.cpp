#include "observe/story.h"

#include <algorithm>
#include <numeric>

namespace aigw::observe {

const char* to_string(Story::Attempt::Outcome outcome) {
  switch (outcome) {
    case Story::Attempt::Outcome::Answered: return "answered";
    case Story::Attempt::Outcome::Failed: return "failed";
    case Story::Attempt::Outcome::Cut: return "cut";
    case Story::Attempt::Outcome::ClientGone: return "client_gone";
    case Story::Attempt::Outcome::Rejected: return "rejected";
  }
  return "failed";
}

const char* to_string(Story::Pause::For reason) {
  switch (reason) {
    case Story::Pause::For::Body: return "body";
    case Story::Pause::For::Allowance: return "allowance";
    case Story::Pause::For::Room: return "room";
    case Story::Pause::For::Cooldown: return "cooldown";
    case Story::Pause::For::Retry: return "retry";
  }
  return "retry";
}

Offset Story::overhead() const {
  const auto span = [](Offset sum, const auto& part) { return sum + (part.ended - part.began); };
  Offset waited = std::accumulate(attempts.begin(), attempts.end(), waited_beyond, span);
  waited = std::accumulate(pauses.begin(), pauses.end(), waited, span);
  return std::max(Offset{0}, ended - waited);
}

int Story::switches() const {
  int count = 0;
  const Attempt* before = nullptr;
  for (const Attempt& attempt : attempts) {
    if (attempt.outcome == Attempt::Outcome::Rejected) continue;
    if (before != nullptr && before->provider != attempt.provider) ++count;
    before = &attempt;
  }
  return count;
}

std::size_t Story::bytes() const {
  std::size_t sum = sizeof(Story) + id.size() + trace.state.size() + client.size() + key.size() + owner.size() +
                    path.size() + model.size() + route.size() + strategy.size() + provider.size() + error.size() +
                    dropped.size();
  for (const Choice& choice : choices) {
    sum += sizeof(Choice) + choice.provider.size() + choice.why.size();
    for (const Skip& skip : choice.skipped) sum += sizeof(Skip) + skip.provider.size() + skip.reason.size();
  }
  for (const Attempt& attempt : attempts) {
    sum += sizeof(Attempt) + attempt.provider.size() + attempt.model.size() + attempt.server.size() +
           attempt.reason.size() + attempt.said.size() + attempt.dropped.size();
  }
  sum += pauses.size() * sizeof(Pause);
  if (capture) sum += sizeof(Capture) + capture->request.size() + capture->answer.size();
  return sum;
}

}  // namespace aigw::observe
