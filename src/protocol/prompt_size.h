// How many tokens a prompt has, estimated before anybody has counted them (protocols.md §12.3).
#pragma once

#include <cstdint>
#include <string_view>

namespace aigw::protocol {

// A token for every four bytes of the body. Images and files stand in it as base64 and cost far less than their
// length: a run of 1024 and more base64 characters counts as 1600 tokens.
std::int64_t prompt_tokens(std::string_view body);

}  // namespace aigw::protocol
