// The beginning of a Completions answer and of each of its chunks.
#pragma once

#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::completions {

// `{"id":"cmpl-…","object":"text_completion","created":…,"model":…}`.
Json begin_object(const canonical::Begin& begin, const canonical::ReplyRules& rules);

}  // namespace aigw::protocol::completions
