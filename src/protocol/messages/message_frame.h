// What stands around the blocks of an answer for a client of Messages: id, model, why it ended, what it cost
// (protocols.md §8).
#pragma once

#include <string>
#include <utility>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

class MessageFrame {
 public:
  // `model`: to show instead of the provider's; "": the provider's own.
  explicit MessageFrame(std::string model) : model_(std::move(model)) {}

  // Content is passed over.
  void take(const canonical::Event& event);

  // The message that a stream begins with: no content, no ending.
  Json head() const;
  Json whole(Json content) const;
  // `stop_reason`, `stop_sequence` and, of a refusal that gives a reason, `stop_details`.
  Json ending() const;
  Json usage() const;

 private:
  Json message(Json content, const Json& ending) const;

  std::string id_;
  std::string model_;
  canonical::FinishReason reason_ = canonical::FinishReason::Unknown;
  std::string stop_sequence_;
  std::string explanation_;
  std::string refusal_;
  canonical::Usage usage_;
};

}  // namespace aigw::protocol::messages
