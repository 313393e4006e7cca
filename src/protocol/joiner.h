// Puts one whole answer together from the events of a stream of the same dialect.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw::protocol {

// Not thread-safe; one object per stream.
class Joiner {
 public:
  virtual ~Joiner() = default;

  // One event; `name` may be empty. `[DONE]` is an event, too; nothing behind the end is read. Error Garbled: not a JSON
  // object, deeper than kDepthMax, or an error that the provider tells.
  virtual Status add(std::string_view name, std::string_view data) = 0;

  // The whole answer as JSON text. Error Broken: the stream ended before the answer did.
  virtual Result<std::string> finish() = 0;
};

}  // namespace aigw::protocol
