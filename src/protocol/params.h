// A provider's adaptation of request fields it does not take (`"params": {"drop", "rename", "set", "default"}`), made in
// place on the bytes of a body, like every edit.
#pragma once

#include <string_view>
#include <vector>

#include "config/params.h"
#include "protocol/envelope.h"

namespace aigw::protocol {

// The edits on top-level members of `body`, a JSON object, in the order drop, rename, set, default: a renamed member
// can be set; a default counts as absent what was dropped. `owned`: names that other edits own already (model, stream,
// stream_options), which are left alone. Sorted by offset, none overlaps another; together with edits of the owned
// members neither (an insertion stands at members_begin, and so may theirs).
std::vector<Edit> adapt_params(std::string_view body, const config::Params& params,
                               const std::vector<std::string_view>& owned);

}  // namespace aigw::protocol
