// One try at one provider: what is sent, how long each part may take, and what came of it.
//
// Belongs to one exchange and its thread; everything it borrows outlives it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/asked.h"
#include "gateway/live_routes.h"
#include "gateway/outgoing.h"
#include "gateway/relay.h"
#include "http/client_stream.h"
#include "http/message.h"
#include "http/upstream.h"
#include "http/waiter.h"
#include "protocol/canonical/notes.h"
#include "routing/retry.h"

namespace aigw::gateway {

struct AttemptResult {
  enum class Kind {
    Answered,     // the client has the whole answer
    Failed,       // the client has nothing of it: `next` says what follows
    Cut,          // it broke after the commit; the client was told
    ClientGone,   // nobody waits any more
    Rejected,     // the request can't be expressed in the provider's dialect: it was not asked
  };
  Kind kind = Kind::Failed;
  routing::Next next = routing::Next::Retry;
  bool again = false;                         // the gateway's own addition was at fault: the same provider, at once
  Failure failure;                            // for Failed and Cut
  std::optional<Millis> wait_hint;            // how long the provider wants to be left alone
  std::optional<http::Reply> reply;           // for Next::Answer: what the provider said, as it is
  int provider_status = 0;                    // 0: no answer
  std::optional<SteadyTime> head_at;          // when its status came
  std::string model;                          // as the provider was told it
  Dialect dialect = Dialect::Plain;           // in which it was asked
  bool converted = false;                     // that is another one than the client's
  std::optional<protocol::Rejection> rejection;  // for Rejected
  std::string dropped;                        // the request's fields that the provider was not told, `a,b`
  Progress progress;
};

class Attempt : private http::AnswerReceiver {
 public:
  // `exchange_deadline`: the first byte to the client must have gone out by then.
  Attempt(const Asked& asked, const Backend& backend, http::ClientStream& client, http::Waiter& waiter,
          SteadyTime exchange_deadline, std::function<void(const Progress&)> settle);

  // Makes the attempt. Once. `trace`: header fields that tell the provider of the trace.
  AttemptResult run(http::Headers trace = {});

  // Whether a comment may be written to the client now (no event is half sent).
  bool at_event_border() const { return relay_ == nullptr || relay_->at_event_border(); }

 private:
  bool on_head(int status, const http::Headers& headers) override;
  bool on_data(std::string_view bytes) override;

  RelayOptions relay_options() const;
  std::string dropped() const;
  http::Headers own_headers() const;

  const Progress& progress() const;  // of the answer so far
  void move_deadline(SteadyTime now);
  std::string time_limit_text(SteadyTime now) const;

  AttemptResult outcome() const;
  AttemptResult judge(const Status& transport);
  void judge_refusal(AttemptResult& result);
  http::Reply client_error(int status, const protocol::ProviderError& error) const;
  std::string without_key(std::string text) const;
  Failure transport_failure(const Error& error) const;
  void break_off(const Failure& failure);

  const Asked& asked_;
  const Backend& backend_;
  http::ClientStream& client_;
  http::Waiter& waiter_;
  const SteadyTime started_;
  const SteadyTime exchange_deadline_;
  std::function<void(const Progress&)> settle_;

  Outgoing outgoing_;
  int status_ = 0;
  std::optional<SteadyTime> head_at_;
  http::Headers headers_;                     // of the answer
  std::string refusal_;                       // body of an answer without success
  std::unique_ptr<Relay> relay_;              // for an answer with success
  std::optional<SteadyTime> end_deadline_;    // once the client has its answer
};

}  // namespace aigw::gateway
