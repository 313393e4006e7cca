// Temperature, top_p and top_k within what Anthropic takes (protocols.md §4.1, §4.6).
#pragma once

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// Writes them into `body`. `thinks`: thinking is on, which excludes most of them.
void write_sampling(Json& body, const canonical::Request& request, const config::Capabilities& can, bool thinks,
                    canonical::Notes& notes);

}  // namespace aigw::protocol::messages
