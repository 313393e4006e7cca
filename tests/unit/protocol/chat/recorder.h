// Canonical events as lines that a person can read, for comparing what a decoder tells.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

// One line an event: its name and members; a choice other than 0 stands in front.
class Recorder : public canonical::EventSink {
 public:
  std::string lines;

  void take(const canonical::Event& event) override {
    if (event.choice != 0) lines += "#" + std::to_string(event.choice) + " ";
    std::visit([this](const auto& what) { add(what); }, event.what);
    lines += "\n";
  }

 private:
  void add(const canonical::Begin& begin) {
    lines += "begin " + std::string(begin.id) + " " + std::string(begin.model) + " " + std::to_string(begin.created);
  }
  void add(const canonical::TextDelta& delta) {
    lines += "text " + std::string(delta.text) + (delta.logprobs != nullptr ? " " + dump(*delta.logprobs) : "");
  }
  void add(const canonical::RefusalDelta& delta) { lines += "refusal " + std::string(delta.text); }
  void add(const canonical::ReasoningDelta& delta) { lines += "reasoning " + std::string(delta.text); }
  void add(const canonical::ReasoningEnd& end) {
    lines += "reasoning-end";
    if (!end.proof.empty()) lines += " " + std::to_string(static_cast<int>(end.vendor)) + ":" + std::string(end.proof);
    if (end.redacted) lines += " redacted";
  }
  void add(const canonical::CallBegin& call) {
    lines += "call " + std::to_string(call.call) + " " + std::string(call.id) + " " + std::string(call.name);
    if (call.custom) lines += " custom";
    if (!call.google_signature.empty()) lines += " signed " + std::string(call.google_signature);
  }
  void add(const canonical::CallDelta& delta) {
    lines += "arguments " + std::to_string(delta.call) + " " + std::string(delta.arguments);
  }
  void add(const canonical::CallEnd& end) { lines += "call-end " + std::to_string(end.call); }
  void add(const canonical::Annotations& annotations) { lines += "annotations " + dump(*annotations.list); }
  void add(const canonical::ImageOutput& output) { lines += "image " + dump(*output.image); }
  void add(const canonical::ServerBlock& server) { lines += "server-block " + dump(*server.block); }
  void add(const canonical::Finish& finish) {
    lines += "finish " + std::to_string(static_cast<int>(finish.reason)) + " " + std::string(finish.native);
    if (!finish.stop_sequence.empty()) lines += " met " + std::string(finish.stop_sequence);
    if (!finish.explanation.empty()) lines += " because " + std::string(finish.explanation);
  }
  void add(const canonical::UsageReport& report) {
    const canonical::Usage& usage = report.usage;
    lines += "usage " + std::to_string(usage.prompt) + " " + std::to_string(usage.cache_read) + " " +
             std::to_string(usage.cache_write) + " " + std::to_string(usage.output) + " " +
             std::to_string(usage.reasoning);
  }
  void add(const canonical::End&) { lines += "end"; }
  void add(const canonical::Failed& failed) {
    lines += "failed " + std::to_string(failed.error->status) + " " + failed.error->type + " " + failed.error->code;
  }
};

}  // namespace aigw::protocol
