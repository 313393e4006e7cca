// What no provider is asked for, whatever its dialect (protocols.md §12.2).
#pragma once

#include <optional>
#include <string_view>

#include "protocol/canonical/notes.h"

namespace aigw::protocol::embeddings {

// Names an empty `input`, an empty string in it, or an `encoding_format` other than `float` and `base64`. Read off the
// bytes: bodies are large, and those of the provider's own dialect go on as they came. Nothing is said of other types
// of `input`, nor of a body that is no JSON object.
std::optional<canonical::Rejection> request_fault(std::string_view body);

}  // namespace aigw::protocol::embeddings
