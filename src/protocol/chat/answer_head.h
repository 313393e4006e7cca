// What the chunks of an answer share with each other and with a whole answer: id, time, model (protocols.md §6, §7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

struct AnswerHead {
  std::string id;
  std::int64_t created = 0;  // Unix seconds
  std::string model;
  std::string service_tier;        // "": left out
  std::string system_fingerprint;  // "": null
};

// `prefix`: `chatcmpl-` or `cmpl-`, which the provider's id gets in front unless it has it.
AnswerHead head_of(const canonical::Begin& begin, const canonical::ReplyRules& rules, std::string_view prefix);

// `{"id":…,"object":…,"created":…,"model":…}`, the beginning of an answer or a chunk.
Json begin_object(const AnswerHead& head, std::string_view object);

}  // namespace aigw::protocol::chat
