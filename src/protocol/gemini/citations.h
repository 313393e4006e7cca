// Where Gemini found what it says, as Chat's `annotations` (protocols.md §11.3).
#pragma once

#include "protocol/gemini/character_index.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// One `url_citation` for each text that a source supports, or for each source where none is told; may be empty. Its
// bounds are characters of the text, of which Google tells bytes.
Json citations(const Json& grounding_metadata, const CharacterIndex& characters);

}  // namespace aigw::protocol::gemini
