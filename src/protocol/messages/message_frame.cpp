#include "protocol/messages/message_frame.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/messages/stop_reason.h"
#include "protocol/messages/usage.h"

namespace aigw::protocol::messages {
namespace {

// `msg_` in place of Chat's prefix, or in front of what another vendor wrote.
std::string message_id(std::string_view id) {
  const std::string prefix = "msg_";
  constexpr std::string_view kChatPrefix = "chatcmpl-";
  constexpr std::size_t kMadeUpLength = 24;
  if (id.empty()) return prefix + random_text(kMadeUpLength);
  if (starts_with(id, prefix)) return std::string(id);
  if (starts_with(id, kChatPrefix)) id.remove_prefix(kChatPrefix.size());
  return prefix + std::string(id);
}

}  // namespace

void MessageFrame::take(const canonical::Event& event) {
  std::visit(canonical::Overloaded{[&](const canonical::Begin& begin) {
                                     id_ = message_id(begin.id);
                                     if (model_.empty()) model_ = begin.model;
                                   },
                                   [&](const canonical::RefusalDelta& delta) { refusal_ += delta.text; },
                                   [&](const canonical::Finish& finish) {
                                     reason_ = finish.reason;
                                     stop_sequence_ = finish.stop_sequence;
                                     explanation_ = finish.explanation;
                                   },
                                   [&](const canonical::UsageReport& report) { usage_ = report.usage; },
                                   [](const auto&) {}},
             event.what);
}

Json MessageFrame::message(Json content, const Json& ending) const {
  Json message = {{"id", id_.empty() ? message_id({}) : id_},
                  {"type", "message"},
                  {"role", "assistant"},
                  {"model", model_},
                  {"content", std::move(content)}};
  message.update(ending);
  message["usage"] = usage();
  return message;
}

Json MessageFrame::head() const {
  return message(Json::array(), {{"stop_reason", nullptr}, {"stop_sequence", nullptr}});
}

Json MessageFrame::whole(Json content) const { return message(std::move(content), ending()); }

Json MessageFrame::ending() const {
  using canonical::FinishReason;
  const FinishReason reason = refusal_.empty() ? reason_ : FinishReason::ContentFilter;
  const bool met_sequence = reason == FinishReason::StopSequence && !stop_sequence_.empty();
  Json members = {{"stop_reason", stop_reason_of(reason)},
                  {"stop_sequence", met_sequence ? Json(stop_sequence_) : Json()}};
  const std::string& explanation = refusal_.empty() ? explanation_ : refusal_;
  if (reason == FinishReason::ContentFilter && !explanation.empty()) {
    members["stop_details"] = {{"type", "refusal"}, {"category", nullptr}, {"explanation", explanation}};
  }
  return members;
}

Json MessageFrame::usage() const { return usage_object(usage_); }

}  // namespace aigw::protocol::messages
