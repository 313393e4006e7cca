// Images, documents and sounds as Gemini's parts (protocols.md §3.3).
#pragma once

#include <optional>

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// Nothing, with a rejection told, for what can't be sent: files that are stored at another vendor, images for a model
// without vision, URLs that Google does not fetch.
std::optional<Json> media_part(const canonical::Media& media, const config::Capabilities& can, canonical::Notes& notes);

}  // namespace aigw::protocol::gemini
