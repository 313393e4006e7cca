#include "gateway/mock_upstream.h"

#include <numeric>
#include <random>

#include "gateway/mock_answers.h"
#include "http/waiter.h"

namespace aigw::gateway {
namespace {

Status after(http::Waiter::Outcome outcome) {
  switch (outcome) {
    case http::Waiter::Outcome::Ready: return Done{};
    case http::Waiter::Outcome::TimedOut: return Error{ErrorKind::TimedOut, "the mock was slower than the time limit"};
    case http::Waiter::Outcome::ClientGone: return Error{ErrorKind::ClientGone, "the client hung up"};
  }
  return Done{};
}

Error stopped() { return {ErrorKind::Unavailable, "the receiver ended the call"}; }

}  // namespace

MockUpstream::MockUpstream(std::string name, config::Mock settings)
    : name_(std::move(name)), settings_(std::move(settings)) {}

bool MockUpstream::fails() const {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random) < settings_.failure_rate;
}

Status MockUpstream::call(const http::UpstreamRequest& request, http::Waiter& waiter,
                          http::AnswerReceiver& receiver) {
  const std::string body = std::accumulate(request.body.begin(), request.body.end(), std::string(),
                                           [](std::string all, std::string_view piece) { return all.append(piece); });
  const MockAnswer answer = fails() ? MockAnswer::failure(name_, settings_.error_status)
                                    : MockAnswer::to(request.path, body, name_, settings_.reply);
  if (Status status = after(waiter.sleep_until(steady_now() + settings_.latency)); !status) return status;
  if (!receiver.on_head(answer.status, {{"Content-Type", answer.content_type}})) return stopped();
  const std::chrono::duration<double> pace(answer.pieces.size() > 1 ? 1 / settings_.tokens_per_second : 0);
  SteadyTime next = steady_now();
  for (std::size_t i = 0; i < answer.pieces.size(); ++i) {
    // The first piece comes with the head and the last ones are no tokens; what lies between keeps the pace.
    if (i > 0 && i + answer.tail_pieces < answer.pieces.size()) {
      next += std::chrono::duration_cast<SteadyTime::duration>(pace);
      if (Status status = after(waiter.sleep_until(next)); !status) return status;
    }
    if (!receiver.on_data(answer.pieces[i])) return stopped();
  }
  return Done{};
}

}  // namespace aigw::gateway
