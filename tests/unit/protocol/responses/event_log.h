// Canonical events as lines, for tests to compare.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"

namespace aigw::protocol::responses {

class EventLog : public canonical::EventSink {
 public:
  void take(const canonical::Event& event) override {
    using namespace canonical;
    std::visit(
        Overloaded{
            [&](const Begin& begin) { add("begin", {begin.id, begin.model, std::to_string(begin.created)}); },
            [&](const TextDelta& delta) {
              add("text", {delta.text, delta.logprobs != nullptr ? dump(*delta.logprobs) : std::string()});
            },
            [&](const RefusalDelta& delta) { add("refusal", {delta.text}); },
            [&](const ReasoningDelta& delta) { add("reasoning", {delta.text}); },
            [&](const ReasoningEnd& end) { add("reasoning end", {end.proof}); },
            [&](const CallBegin& call) {
              add(call.custom ? "custom" : "call", {std::to_string(call.call), call.id, call.name});
            },
            [&](const CallDelta& delta) { add("arguments", {std::to_string(delta.call), delta.arguments}); },
            [&](const CallEnd& call) { add("call end", {std::to_string(call.call)}); },
            [&](const Annotations& annotations) { add("annotations", {dump(*annotations.list)}); },
            [&](const ImageOutput&) { add("image", {}); },
            [&](const ServerBlock&) { add("server block", {}); },
            [&](const Finish& finish) { add("finish", {reason(finish.reason), finish.native}); },
            [&](const UsageReport& report) {
              const Usage& usage = report.usage;
              add("usage", {std::to_string(usage.prompt), std::to_string(usage.cache_read),
                            std::to_string(usage.cache_write), std::to_string(usage.output),
                            std::to_string(usage.reasoning)});
            },
            [&](const End&) { add("end", {}); },
            [&](const Failed& failed) {
              add("failed", {std::to_string(failed.error->status), failed.error->code, failed.error->message});
            },
        },
        event.what);
  }

  std::string text;

 private:
  static std::string_view reason(canonical::FinishReason reason) {
    using canonical::FinishReason;
    switch (reason) {
      case FinishReason::Stop: return "stop";
      case FinishReason::Length: return "length";
      case FinishReason::ToolCalls: return "calls";
      case FinishReason::ContentFilter: return "filter";
      default: return "other";
    }
  }

  // Without the empty values at the end.
  void add(std::string_view what, std::initializer_list<std::string_view> values) {
    std::string line(what);
    for (const std::string_view value : values) line.append("|").append(value);
    while (!line.empty() && line.back() == '|') line.pop_back();
    text += line + "\n";
  }
};

}  // namespace aigw::protocol::responses
