// Relays for providers that answer with server-sent events.
#pragma once

#include <string>

#include "gateway/relay.h"
#include "http/sse.h"
#include "protocol/chunks.h"

namespace aigw::gateway {

// Events to a client that streams: unchanged, event by event. What comes before the first content is held back.
class StreamRelay : public Relay {
 public:
  StreamRelay(http::ClientStream& client, RelayOptions options);
  bool on_data(std::string_view bytes) override;
  void on_end() override;
  void break_off(const protocol::OpenAiError& error) override;
  bool at_event_border() const override { return !splitter_.in_fragment(); }

 private:
  bool take(const http::SseEvent& event);
  bool take_data(const http::SseEvent& event);
  bool pass(std::string_view raw);
  void release();
  void complete(std::string_view last);

  http::SseSplitter splitter_;
  std::string held_;
  bool content_ = false;    // something that makes an answer
  bool finished_ = false;   // a finish reason came
  bool cut_by_length_ = false;
};

// Events to a client that wants one JSON answer: put together, sent at the end.
class JoinRelay : public Relay {
 public:
  JoinRelay(http::ClientStream& client, RelayOptions options);
  bool on_data(std::string_view bytes) override;
  void on_end() override;

 private:
  bool take(const http::SseEvent& event);

  http::SseSplitter splitter_;
  protocol::ChunkJoiner joiner_;
  bool done_ = false;
  bool content_ = false;
  bool cut_by_length_ = false;
};

}  // namespace aigw::gateway
