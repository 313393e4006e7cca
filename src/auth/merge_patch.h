// JSON Merge Patch (RFC 7396): a change of an object that names only what changes.
//
// Pure functions, from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw::auth {

// Of JSON that goes in or comes out: to merge takes the product of both numbers of members.
constexpr std::size_t kSettingsBytesMax = std::size_t{64} << 10U;

// The JSON as compact text, with its members in their order and its numbers as written. Errors Invalid: it is no JSON,
// names a member twice, or is longer than kSettingsBytesMax; every problem, a line each.
Result<std::string> compact_json(std::string_view json);

// `target` with `patch` applied to it, in the same form: what stands in both keeps its place, what is new comes last.
// Errors Invalid as above, for either and for what comes out.
Result<std::string> merge_patch(std::string_view target, std::string_view patch);

}  // namespace aigw::auth
