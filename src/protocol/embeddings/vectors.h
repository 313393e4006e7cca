// The two forms in which vectors are written: numbers, or base64 of their little-endian float32 (protocols.md §12.2).
#pragma once

#include <optional>

#include "protocol/json_tree.h"

namespace aigw::protocol::embeddings {

// A vector of either form in the wanted one; what has that form already is left as it is. Nothing if it is no vector:
// another type, a number beyond float32, broken base64, values that JSON does not know (NaN, infinity).
std::optional<Json> in_form(Json vector, bool base64);

}  // namespace aigw::protocol::embeddings
