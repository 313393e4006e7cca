// Who the end user is, as Anthropic wants to know it: by an opaque id.
#pragma once

#include <string>

namespace aigw::protocol::messages {

// `id` itself; its SHA-256 in hex if it is longer than 256 characters or holds an e-mail address or a telephone
// number, which Anthropic refuses (protocols.md §4.1).
std::string opaque_user_id(std::string id);

}  // namespace aigw::protocol::messages
