// Conversations in short for tests of turns: `u:hi | a:ok,#1 | t:1=done`.
//
// Messages are separated by ` | ` and begin with their role: s(ystem), u(ser), a(ssistant), t(ool). Parts are separated
// by commas: `#id` is a call, `id=text` in a tool message a result (`id=!` the one that stands for a missing one),
// `~proof` a thought of Anthropic, `~~proof` one of Google, anything else text, where `_` is a blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

std::vector<Message> read_script(std::string_view script);
std::string write_script(const std::vector<Message>& messages);

}  // namespace aigw::protocol::canonical
