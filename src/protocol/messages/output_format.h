// The form that a client wants the answer's text to have (protocols.md §4.5).
#pragma once

#include <string>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_box.h"
#include "protocol/messages/tool_encoder.h"

namespace aigw::protocol::messages {

struct OutputForm {
  JsonBox format;           // `output_config.format`; empty: not sent
  std::string instruction;  // for the end of `system`; "": none
};

// Where the model has no output by schema, the reserved tool is added to `tools`. `thinks`: thinking is on, so that no
// call can be forced.
OutputForm encode_output_format(const canonical::Request& request, const Target& target, bool thinks, ToolSet& tools,
                                canonical::ReplyRules& rules, canonical::Notes& notes);

}  // namespace aigw::protocol::messages
