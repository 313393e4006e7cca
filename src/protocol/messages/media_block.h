// Images and documents as blocks of a Messages request (protocols.md §3.3).
#pragma once

#include <string_view>

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The block; null, and a rejection that names `param`, where Messages has none for it or the model can't see it.
Json media_block(canonical::Media media, const config::Capabilities& can, std::string_view param,
                 canonical::Notes& notes);

}  // namespace aigw::protocol::messages
