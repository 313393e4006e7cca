#include "gateway/event_relays.h"

#include "protocol/error_event.h"

namespace aigw::gateway {
namespace {

// A larger event is passed on in pieces as it comes; nothing that must be understood first (an error, a usage chunk) is
// that large.
constexpr std::size_t kHeldEventMax = 256 * 1024;
// Where a conversion needs whole events (protocols.md §2.1 rule 8).
constexpr std::size_t kJoinedEventMax = 32 * 1024 * 1024;
// A stream that is put together has to end somewhere.
constexpr std::size_t kJoinedBytesMax = 256 * 1024 * 1024;

Failure empty_answer() { return {0, ErrorKind::Garbled, "empty answer", "", ""}; }
Failure unreadable() { return {0, ErrorKind::Garbled, "unreadable stream", "an event's data is not JSON", ""}; }
Failure too_large(const char* what) { return {0, ErrorKind::Garbled, "answer too large", what, ""}; }
Failure ended_early() { return {0, ErrorKind::Broken, "stream ended early", "no finish reason and no [DONE] came", ""}; }

}  // namespace

// ---- EventRelay -----------------------------------------------------------------------------------

EventRelay::EventRelay(http::ClientStream& client, RelayOptions options, std::size_t event_bytes_max)
    : Relay(client, std::move(options)), splitter_(event_bytes_max) {}

bool EventRelay::on_data(std::string_view bytes) {
  splitter_.feed(bytes);
  while (const auto event = splitter_.next()) {
    if (!take(*event)) return false;
  }
  return true;
}

bool EventRelay::take_rest() {
  const auto event = splitter_.finish();
  return !event || take(*event);
}

std::optional<protocol::EventFacts> EventRelay::read(const http::SseEvent& event) {
  protocol::EventFacts facts = protocol::read_event(options_.dialect, event.name, event.data);
  if (facts.error) {
    fail(*facts.error);
    return std::nullopt;
  }
  if (!facts.parsed && !facts.done) {
    fail(unreadable());
    return std::nullopt;
  }
  progress_.last_event_at = steady_now();
  progress_.text_bytes += facts.text_bytes;
  if (facts.usage) progress_.usage = facts.usage;
  content_ = content_ || facts.content;
  finished_ = finished_ || facts.finished || facts.done;
  cut_by_length_ = cut_by_length_ || facts.finish_is_length;
  return facts;
}

// ---- StreamRelay ----------------------------------------------------------------------------------

StreamRelay::StreamRelay(http::ClientStream& client, RelayOptions options)
    : EventRelay(client, std::move(options), kHeldEventMax) {}

void StreamRelay::on_end() {
  if (!take_rest() || progress_.complete) return;
  if (finished_ || options_.dialect == protocol::Dialect::Plain) return complete({});
  fail(ended_early());
}

void StreamRelay::break_off(const protocol::OpenAiError& error) {
  if (!at_event_border()) return client_.cut();
  client_.write(protocol::error_event(options_.dialect, error));
  // The event says that the answer is not whole; cutting the connection as well would make clients drop the event
  // that they have not read yet.
  client_.finish();
}

bool StreamRelay::take(const http::SseEvent& event) {
  if (progress_.complete) return true;  // nothing behind `[DONE]` is read
  switch (event.kind) {
    case http::SseEvent::Kind::Comment: return pass(event.raw);
    case http::SseEvent::Kind::Fragment:
      content_ = true;
      if (!progress_.committed) release();
      return client_.write(event.raw);
    case http::SseEvent::Kind::Event: return take_data(event);
  }
  return true;
}

bool StreamRelay::take_data(const http::SseEvent& event) {
  const std::optional<protocol::EventFacts> facts = read(event);
  if (!facts) return false;
  if (facts->usage_only && !options_.client_wants_usage) return true;
  if (facts->done) {
    complete(event.raw);
    return progress_.complete;
  }
  if (!progress_.committed && (content_ || cut_by_length_)) release();
  return pass(event.raw);
}

bool StreamRelay::pass(std::string_view raw) {
  if (progress_.committed) return client_.write(raw);
  held_ += raw;
  return held_.size() <= kHeldEventMax || fail(empty_answer());
}

// The commit: from here on the client gets what this provider says.
void StreamRelay::release() {
  commit();
  if (!client_.started()) client_.start(200, event_stream_headers());
  client_.write(held_);
  std::string().swap(held_);
}

void StreamRelay::complete(std::string_view last) {
  if (!is_answer()) {
    fail(empty_answer());
    return;
  }
  if (!progress_.committed) release();
  settle();
  client_.write(last);
  client_.finish();
}

// ---- JoinRelay ------------------------------------------------------------------------------------

JoinRelay::JoinRelay(http::ClientStream& client, RelayOptions options)
    : EventRelay(client, std::move(options), kJoinedEventMax), joiner_(options_.dialect) {}

bool JoinRelay::on_data(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > kJoinedBytesMax) return fail(too_large("a stream of more than 256 MiB"));
  return EventRelay::on_data(bytes);
}

bool JoinRelay::take(const http::SseEvent& event) {
  if (event.kind == http::SseEvent::Kind::Comment || done_) return true;
  if (event.kind == http::SseEvent::Kind::Fragment) return fail(too_large("an event of more than 32 MiB"));
  const std::optional<protocol::EventFacts> facts = read(event);
  if (!facts) return false;
  done_ = facts->done;
  const Status added = joiner_.add(event.data);
  return added || fail(Failure{0, added.error().kind, "unreadable stream", added.error().detail, ""});
}

void JoinRelay::on_end() {
  if (!take_rest()) return;
  const Result<std::string> answer = joiner_.finish();
  if (!answer) {
    fail(Failure{0, answer.error().kind, "stream ended early", answer.error().detail, ""});
    return;
  }
  if (!is_answer()) {
    fail(empty_answer());
    return;
  }
  commit();
  settle();
  client_.reply({200, {{"Content-Type", "application/json"}}, *answer});
}

}  // namespace aigw::gateway
