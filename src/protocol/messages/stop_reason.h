// The words of Messages for why an answer ended (protocols.md §3.8).
#pragma once

#include <string_view>

#include "protocol/canonical/answer.h"

namespace aigw::protocol::messages {

// Unknown for a word that is not listed.
canonical::FinishReason finish_reason_of(std::string_view stop_reason);

// The word for a client; Unknown is a natural end.
const char* stop_reason_of(canonical::FinishReason reason);

}  // namespace aigw::protocol::messages
