// Relays for providers that answer with one body.
#pragma once

#include <string>

#include "gateway/relay.h"

namespace aigw::gateway {

// A JSON answer: held until it is whole, since only then it is known to be one; then sent unchanged, or as the stream
// that the client asked for.
class WholeRelay : public Relay {
 public:
  WholeRelay(http::ClientStream& client, RelayOptions options, int status);
  bool on_data(std::string_view bytes) override;
  void on_end() override;

 private:
  void send_as_stream();
  bool convert();  // false: it is no answer

  const int status_;
  std::string body_;
};

// Anything else (audio, images): bytes pass as they come.
class RawRelay : public Relay {
 public:
  RawRelay(http::ClientStream& client, RelayOptions options, int status);
  bool on_data(std::string_view bytes) override;
  void on_end() override;

 private:
  const int status_;
};

}  // namespace aigw::gateway
