// Between a stream of Messages events and one message, within the dialect and without loss (protocols.md §13.3). Used
// where a provider can do only one of the two.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/joiner.h"

namespace aigw::protocol::messages {

std::unique_ptr<Joiner> joiner();

// The complete frames of the stream that says the same as `answer`. Error Garbled: not a message.
Result<std::string> split(std::string_view answer);

}  // namespace aigw::protocol::messages
