// Between a stream of Responses events and one response object, within the dialect and without loss (protocols.md
// §10.5, §10.6, §13.3). Used where a provider can do only one of the two.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/joiner.h"

namespace aigw::protocol::responses {

// The response of the last event, with items that only the stream showed filled in.
std::unique_ptr<Joiner> joiner();

// The complete frames of the stream that says the same as `answer`. Error Garbled: not a response, or one that is not
// over.
Result<std::string> split(std::string_view answer);

}  // namespace aigw::protocol::responses
