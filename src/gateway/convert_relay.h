// Relay for providers that speak another dialect than the client: whatever comes, a stream or a whole answer, goes out
// in the dialect and in the form that the client asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/relay.h"
#include "http/sse.h"
#include "protocol/answer_conversion.h"

namespace aigw::gateway {

class ConvertRelay : public Relay {
 public:
  // `streams`: the provider answers with server-sent events.
  ConvertRelay(http::ClientStream& client, RelayOptions options, bool streams);

  bool on_data(std::string_view bytes) override;
  void on_end() override;
  void break_off(const protocol::ProviderError& error) override;

 private:
  bool take(const http::SseEvent& event);
  bool go_on();  // after something was converted; false: nothing more is wanted
  void send_frames();
  bool finish();

  const bool streams_;
  protocol::AnswerConversion answer_;
  http::SseSplitter splitter_;
  std::string body_;  // of an answer that is no stream
  std::size_t bytes_ = 0;
};

}  // namespace aigw::gateway
