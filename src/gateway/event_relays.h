// Relays for providers that answer with server-sent events.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/relay.h"
#include "http/sse.h"
#include "protocol/joiner.h"
#include "protocol/passed_stream.h"

namespace aigw::gateway {

// What both have in common: the stream cut into events, and what each of them says about the answer.
class EventRelay : public Relay {
 public:
  bool on_data(std::string_view bytes) override;
  bool at_event_border() const override { return !splitter_.in_fragment(); }

 protected:
  EventRelay(http::ClientStream& client, RelayOptions options, std::size_t event_bytes_max);

  // Takes the next event; false ends the answer.
  virtual bool take(const http::SseEvent& event) = 0;
  // The last event, where its end was the end of the input; false as take().
  bool take_rest();
  // Reads an event's data and notes its facts; nothing if it made the answer fail.
  std::optional<protocol::EventFacts> read(const http::SseEvent& event);
  // Whether an answer that ended now would be one.
  bool is_answer() const { return content_ || may_be_empty_ || options_.allow_empty; }

  bool content_ = false;        // something that makes an answer came
  bool finished_ = false;       // a finish reason came, or the end
  bool may_be_empty_ = false;   // it ended by a limit, a stop sequence or a filter

 private:
  http::SseSplitter splitter_;
};

// Events to a client that streams: unchanged, event by event. What comes before the first content is held back.
class StreamRelay : public EventRelay {
 public:
  StreamRelay(http::ClientStream& client, RelayOptions options);
  void on_end() override;
  void break_off(const protocol::ProviderError& error) override;

 private:
  bool take(const http::SseEvent& event) override;
  bool take_data(const http::SseEvent& event);
  bool pass(std::string_view raw);
  void release();
  void complete(std::string_view last);

  std::string held_;
  protocol::PassedStream passed_;
};

// Events to a client that wants one JSON answer: put together, sent at the end.
class JoinRelay : public EventRelay {
 public:
  JoinRelay(http::ClientStream& client, RelayOptions options);
  bool on_data(std::string_view bytes) override;
  void on_end() override;

 private:
  bool take(const http::SseEvent& event) override;
  bool finish();  // false: what came is no answer

  const std::unique_ptr<protocol::Joiner> joiner_;
  std::size_t bytes_ = 0;
};

}  // namespace aigw::gateway
