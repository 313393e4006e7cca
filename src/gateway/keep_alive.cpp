#include "gateway/keep_alive.h"

#include "gateway/relay.h"
#include "protocol/endpoint.h"

namespace aigw::gateway {

KeepAlive::KeepAlive(http::ClientStream& client, http::Waiter& waiter, Dialect dialect)
    : client_(client), waiter_(waiter), dialect_(dialect) {
  waiter_.set_hooks({[this] { before_wait(); }, [this] { write(); }});
}

void KeepAlive::start(Millis silence, SteadyTime since) {
  silence_ = silence;
  if (silence_ > Millis::zero()) waiter_.set_next_tick(since + silence_);
}

void KeepAlive::before_wait() {
  client_.flush();
  if (silence_ == Millis::zero() || client_.bytes_out() == bytes_seen_) return;
  bytes_seen_ = client_.bytes_out();
  waiter_.set_next_tick(steady_now() + silence_);
}

void KeepAlive::write() {
  waiter_.set_next_tick(steady_now() + silence_);
  if (client_.finished() || (attempt_ != nullptr && !attempt_->at_event_border())) return;
  if (!client_.started()) client_.start(200, event_stream_headers());
  client_.write(protocol::keep_alive_frame(dialect_));
  client_.flush();
}

}  // namespace aigw::gateway
