#include "protocol/canonical/answer.h"

namespace aigw::protocol::canonical {

bool is_content(const Event& event) {
  return std::visit(Overloaded{[](const TextDelta& delta) { return !delta.text.empty(); },
                               [](const RefusalDelta& delta) { return !delta.text.empty(); },
                               [](const ReasoningDelta& delta) { return !delta.text.empty(); },
                               [](const ReasoningEnd& end) { return end.redacted; },
                               [](const CallBegin&) { return true; }, [](const CallDelta&) { return true; },
                               [](const ImageOutput&) { return true; }, [](const ServerBlock&) { return true; },
                               [](const auto&) { return false; }},
                    event.what);
}

}  // namespace aigw::protocol::canonical
