#include "protocol/chat/answer_head.h"

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::protocol::chat {
namespace {

constexpr std::size_t kIdLength = 24;  // of an id that is made up

}  // namespace

AnswerHead head_of(const canonical::Begin& begin, const canonical::ReplyRules& rules, std::string_view prefix) {
  std::string id = begin.id.empty() ? random_text(kIdLength) : std::string(begin.id);
  if (!starts_with(id, prefix)) id.insert(0, prefix);
  return {std::move(id), begin.created != 0 ? begin.created : rules.now,
          rules.model.empty() ? std::string(begin.model) : rules.model, std::string(begin.service_tier),
          std::string(begin.system_fingerprint)};
}

Json begin_object(const AnswerHead& head, std::string_view object) {
  return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

}  // namespace aigw::protocol::chat
