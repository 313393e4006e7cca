// What `ai-gateway convert` is given: one JSON object (protocols.md §16).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/capabilities.h"
#include "protocol/limit_headers.h"

namespace aigw::convert {

struct Input {
  std::string body;                 // JSON text as it stands in the input; of a JSON string its text; may be empty
  std::vector<std::string> reads;   // of a stream, as the network gave them
  bool has_stream = false;
  std::string request;              // the client's body, JSON text; "" if there is none
  std::string model;                // `upstream.model`
  config::Capabilities capabilities;
  config::ConversionSettings settings;
  int status = 200;                 // of the provider's answer
  protocol::HeaderFields headers;   // likewise
  WallTime now;
};

// Errors: Invalid, with a sentence that says which member is wrong.
Result<Input> read_input(std::string_view text);

}  // namespace aigw::convert
