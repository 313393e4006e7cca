// A sink that notes canonical events as lines a test can compare: `text Hi`, `call 0 id name`, `finish Stop STOP`. A
// line of another choice than 0 begins with its number.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/canonical/answer.h"

namespace aigw::protocol::gemini {

class EventLog : public canonical::EventSink {
 public:
  std::vector<std::string> lines;

  void take(const canonical::Event& event) override {
    const std::string choice = event.choice == 0 ? "" : "#" + std::to_string(event.choice) + " ";
    lines.push_back(choice + std::visit([this](const auto& what) { return line(what); }, event.what));
  }

 private:
  static std::string str(std::string_view text) { return std::string(text); }

  std::string line(const canonical::Begin& what) { return "begin " + str(what.id) + " " + str(what.model); }
  std::string line(const canonical::TextDelta& what) {
    return "text " + str(what.text) + (what.logprobs != nullptr ? " " + what.logprobs->dump() : "");
  }
  std::string line(const canonical::RefusalDelta& what) { return "refusal " + str(what.text); }
  std::string line(const canonical::ReasoningDelta& what) { return "reasoning " + str(what.text); }
  std::string line(const canonical::ReasoningEnd& what) {
    return what.vendor == canonical::Vendor::Google ? "proof " + str(what.proof) : "reasoning end";
  }
  std::string line(const canonical::CallBegin& what) {
    const std::string signature = what.google_signature.empty() ? "" : " signed " + str(what.google_signature);
    return "call " + std::to_string(what.call) + " " + str(what.id) + " " + str(what.name) + signature;
  }
  std::string line(const canonical::CallDelta& what) {
    return "arguments " + std::to_string(what.call) + " " + str(what.arguments);
  }
  std::string line(const canonical::CallEnd& what) { return "call end " + std::to_string(what.call); }
  std::string line(const canonical::Annotations& what) { return "annotations " + what.list->dump(); }
  std::string line(const canonical::ImageOutput& what) { return "image " + what.image->dump(); }
  std::string line(const canonical::ServerBlock&) { return "server"; }
  std::string line(const canonical::Finish& what) {
    constexpr const char* kWords[] = {"Stop",      "StopSequence",  "Length", "ContextWindow",
                                      "ToolCalls", "ContentFilter", "Pause",  "Unknown"};
    const std::string why = what.explanation.empty() ? "" : ": " + str(what.explanation);
    return std::string("finish ") + kWords[static_cast<std::size_t>(what.reason)] + " " + str(what.native) + why;
  }
  std::string line(const canonical::UsageReport& what) {
    const canonical::Usage& usage = what.usage;
    return "usage " + std::to_string(usage.prompt) + " cached " + std::to_string(usage.cache_read) + " output " +
           std::to_string(usage.output) + " reasoning " + std::to_string(usage.reasoning);
  }
  std::string line(const canonical::End&) { return "end"; }
  std::string line(const canonical::Failed& what) {
    return "failed " + std::to_string(what.error->status) + " " + what.error->type + " " + what.error->code + ": " +
           what.error->message;
  }
};

}  // namespace aigw::protocol::gemini
