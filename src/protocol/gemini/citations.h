// Where Gemini found what it says, as Chat's `annotations` (protocols.md §11.3).
#pragma once

#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// One `url_citation` for each text that a source supports, or for each source where none is told; may be empty. Its
// bounds are Google's: bytes of UTF-8 within the text.
Json citations(const Json& grounding_metadata);

}  // namespace aigw::protocol::gemini
