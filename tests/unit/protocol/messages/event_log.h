// A sink that notes canonical events as lines a test can compare: `text Hi`, `call 0 id name`, `finish Stop end_turn`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/answer.h"

namespace aigw::protocol::messages {

class EventLog : public canonical::EventSink {
 public:
  std::vector<std::string> lines;

  void take(const canonical::Event& event) override {
    lines.push_back(std::visit([this](const auto& what) { return line(what); }, event.what));
  }

 private:
  static std::string str(std::string_view text) { return std::string(text); }

  static const char* word(canonical::FinishReason reason) {
    constexpr const char* kWords[] = {"Stop",      "StopSequence",  "Length", "ContextWindow",
                                      "ToolCalls", "ContentFilter", "Pause",  "Unknown"};
    return kWords[static_cast<std::size_t>(reason)];
  }

  std::string line(const canonical::Begin& what) {
    return "begin " + str(what.id) + " " + str(what.model) + " " + str(what.service_tier);
  }
  std::string line(const canonical::TextDelta& what) { return "text " + str(what.text); }
  std::string line(const canonical::RefusalDelta& what) { return "refusal " + str(what.text); }
  std::string line(const canonical::ReasoningDelta& what) { return "reasoning " + str(what.text); }
  std::string line(const canonical::ReasoningEnd& what) {
    constexpr const char* kVendors[] = {"none", "anthropic", "openai", "google"};
    return std::string(what.redacted ? "redacted " : "proof ") + kVendors[static_cast<std::size_t>(what.vendor)] +
           " " + str(what.proof);
  }
  std::string line(const canonical::CallBegin& what) {
    return "call " + std::to_string(what.call) + " " + str(what.id) + " " + str(what.name);
  }
  std::string line(const canonical::CallDelta& what) {
    return "arguments " + std::to_string(what.call) + " " + str(what.arguments);
  }
  std::string line(const canonical::CallEnd& what) { return "call end " + std::to_string(what.call); }
  std::string line(const canonical::Annotations& what) { return "annotations " + what.list->dump(); }
  std::string line(const canonical::ImageOutput&) { return "image"; }
  std::string line(const canonical::ServerBlock& what) { return "server " + what.block->dump(); }
  std::string line(const canonical::Finish& what) {
    std::string text = std::string("finish ") + word(what.reason) + " " + str(what.native);
    if (!what.stop_sequence.empty()) text += " sequence=" + str(what.stop_sequence);
    if (!what.explanation.empty()) text += " explanation=" + str(what.explanation);
    return text;
  }
  std::string line(const canonical::UsageReport& what) {
    const canonical::Usage& usage = what.usage;
    return "usage " + std::to_string(usage.prompt) + " " + std::to_string(usage.output);
  }
  std::string line(const canonical::End&) { return "end"; }
  std::string line(const canonical::Failed& what) {
    return "failed " + std::to_string(what.error->status) + " " + what.error->type + " " + what.error->code + ": " +
           what.error->message;
  }
};

}  // namespace aigw::protocol::messages
