#include "gateway/event_relays.h"

#include <utility>

#include "protocol/answer_model.h"
#include "protocol/codec.h"
#include "protocol/error_conversion.h"

namespace aigw::gateway {
namespace {

// A larger event is passed on in pieces as it comes; nothing that must be understood first (an error, a usage chunk) is
// that large.
constexpr std::size_t kHeldEventMax = 256 * 1024;
// Where a conversion needs whole events (protocols.md §2.1 rule 8).
constexpr std::size_t kJoinedEventMax = 32 * 1024 * 1024;
// A stream that is put together has to end somewhere.
constexpr std::size_t kJoinedBytesMax = 256 * 1024 * 1024;

Failure empty_answer() { return {0, ErrorKind::Garbled, "empty answer", ""}; }
Failure unreadable() { return {0, ErrorKind::Garbled, "unreadable stream", "an event's data is not JSON"}; }
Failure ended_early() {
  return {0, ErrorKind::Broken, "stream ended early", "no finish reason and no [DONE] came"};
}

}  // namespace

// ---- EventRelay -----------------------------------------------------------------------------------

EventRelay::EventRelay(http::ClientStream& client, RelayOptions options, std::size_t event_bytes_max)
    : Relay(client, std::move(options)),
      // To put another model's name into it, an event must be whole.
      splitter_(options_.model.empty() ? event_bytes_max : kJoinedEventMax) {}

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
  if (!facts.parsed && !facts.done && !facts.ignored) {
    fail(unreadable());
    return std::nullopt;
  }
  progress_.last_event_at = steady_now();
  progress_.text_bytes += facts.text_bytes;
  if (facts.usage) progress_.usage = protocol::updated(progress_.usage, *facts.usage);
  content_ = content_ || facts.content;
  if (content_) note_content();
  finished_ = finished_ || facts.finished || facts.done;
  may_be_empty_ = may_be_empty_ || facts.may_be_empty;
  return facts;
}

// ---- StreamRelay ----------------------------------------------------------------------------------

StreamRelay::StreamRelay(http::ClientStream& client, RelayOptions options)
    : EventRelay(client, std::move(options), kHeldEventMax), passed_(options_.dialect, options_.model) {}

void StreamRelay::on_end() {
  if (!take_rest() || progress_.complete) return;
  if (finished_ || options_.dialect == Dialect::Plain) return complete({});
  fail(ended_early());
}

void StreamRelay::break_off(const protocol::ProviderError& error) {
  if (!at_event_border()) return client_.cut();
  client_.write(passed_.failure(protocol::form_of(0, error, {})));
  // The event says that the answer is not whole; cutting the connection as well would make clients drop the event
  // that they have not read yet.
  client_.finish();
}

bool StreamRelay::take(const http::SseEvent& event) {
  if (progress_.complete) return true;  // nothing behind `[DONE]` is read
  switch (event.kind) {
    case http::SseEvent::Kind::Comment:
      // Comments alone are no answer, however many.
      if (!progress_.committed && held_.size() + event.raw.size() > kHeldEventMax) return fail(empty_answer());
      return pass(event.raw);
    case http::SseEvent::Kind::Fragment:
      content_ = true;
      note_content();
      progress_.last_event_at = steady_now();
      progress_.text_bytes += event.raw.size();
      if (!progress_.committed) release();
      return client_.write(event.raw);
    case http::SseEvent::Kind::Event:
      return take_data(event);
  }
  return true;
}

bool StreamRelay::take_data(const http::SseEvent& event) {
  const std::optional<protocol::EventFacts> facts = read(event);
  if (!facts) {
    passed_.note_failure(event.data);
    return false;
  }
  if (facts->ignored || (facts->usage_only && !options_.client_wants_usage)) return true;
  passed_.note(*facts, event.data);
  const std::string renamed = options_.model.empty() || !facts->parsed
                                  ? ""
                                  : protocol::renamed_frame(event.name, event.data, options_.model);
  const std::string_view frame = renamed.empty() ? event.raw : renamed;
  if (facts->done) {
    complete(frame);
    return progress_.complete;
  }
  if (!progress_.committed && (content_ || may_be_empty_)) release();
  return pass(frame);
}

bool StreamRelay::pass(std::string_view raw) {
  if (progress_.committed) return client_.write(raw);
  held_ += raw;
  // So much before the first content can only be an announcement (a Responses request is echoed with its tools).
  if (held_.size() > kHeldEventMax) release();
  return !client_.client_gone();
}

// The commit: from here on the client gets what this provider says.
void StreamRelay::release() {
  commit();
  if (!client_.started()) client_.start(200, event_stream_headers(options_.headers));
  client_.write(held_);
  std::string().swap(held_);
}

void StreamRelay::complete(std::string_view last) {
  if (!is_answer()) {
    fail(empty_answer());
    return;
  }
  if (!progress_.committed) release();
  complete_and_settle();
  client_.write(last);
  client_.finish();
}

// ---- JoinRelay ------------------------------------------------------------------------------------

JoinRelay::JoinRelay(http::ClientStream& client, RelayOptions options)
    : EventRelay(client, std::move(options), kJoinedEventMax), joiner_(protocol::codec_of(options_.dialect).joiner()) {}

bool JoinRelay::on_data(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > kJoinedBytesMax) return fail(too_large("a stream of more than 256 MiB"));
  return EventRelay::on_data(bytes);
}

bool JoinRelay::take(const http::SseEvent& event) {
  if (event.kind == http::SseEvent::Kind::Comment || progress_.complete) return true;
  if (event.kind == http::SseEvent::Kind::Fragment) return fail(too_large("an event of more than 32 MiB"));
  const std::optional<protocol::EventFacts> facts = read(event);
  if (!facts) return false;
  if (const Status added = joiner_->add(event.name, event.data); !added) {
    return fail(Failure{0, added.error().kind, "unreadable stream", added.error().detail});
  }
  return !facts->done || finish();
}

void JoinRelay::on_end() {
  if (take_rest() && !progress_.complete) finish();
}

bool JoinRelay::finish() {
  Result<std::string> answer = joiner_->finish();
  if (!answer) return fail(Failure{0, answer.error().kind, "stream ended early", answer.error().detail});
  if (!is_answer()) return fail(empty_answer());
  if (!options_.model.empty()) protocol::rename_model(*answer, options_.model);
  commit();
  complete_and_settle();
  client_.reply({200, json_headers(options_.headers), *answer});
  return true;
}

}  // namespace aigw::gateway
