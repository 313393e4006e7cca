#include "protocol/completions/answer_head.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "protocol/chat/answer_head.h"

namespace aigw::protocol::completions {

Json begin_object(const canonical::Begin& begin, const canonical::ReplyRules& rules) {
  constexpr std::string_view kChatPrefix = "chatcmpl-";
  canonical::Begin own = begin;
  if (starts_with(own.id, kChatPrefix)) own.id.remove_prefix(kChatPrefix.size());
  return chat::begin_object(chat::head_of(own, rules, "cmpl-"), "text_completion");
}

}  // namespace aigw::protocol::completions
