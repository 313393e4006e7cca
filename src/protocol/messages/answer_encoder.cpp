#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/messages/answer_blocks.h"
#include "protocol/messages/message_frame.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

class MessageEncoder : public AnswerEncoder {
 public:
  explicit MessageEncoder(const canonical::ReplyRules& rules) : frame_(rules.model) {}

  // A message holds one choice.
  void take(const canonical::Event& event) override {
    if (event.choice != 0) return;
    frame_.take(event);
    blocks_.take(event);
  }

  Json finish() override {
    blocks_.end();
    Json content = Json::array();
    for (; !blocks_.empty(); blocks_.pop_front()) content.push_back(whole_block(std::move(blocks_.front())));
    return frame_.whole(std::move(content));
  }

 private:
  MessageFrame frame_;
  AnswerBlocks blocks_;
};

}  // namespace

std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<MessageEncoder>(rules);
}

}  // namespace aigw::protocol::messages
