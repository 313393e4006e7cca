#include <nlohmann/json.hpp>

#include "protocol/responses/output.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

class ResponseStreamEncoder : public StreamEncoder {
 public:
  explicit ResponseStreamEncoder(const canonical::ReplyRules& rules) : output_(rules, &frames_) {}

  void take(const canonical::Event& event) override { output_.take(event); }

 private:
  Output output_;
};

class ResponseEncoder : public AnswerEncoder {
 public:
  explicit ResponseEncoder(const canonical::ReplyRules& rules) : output_(rules, nullptr) {}

  void take(const canonical::Event& event) override { output_.take(event); }
  Json finish() override { return output_.response(); }

 private:
  Output output_;
};

}  // namespace

std::unique_ptr<StreamEncoder> stream_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<ResponseStreamEncoder>(rules);
}

std::unique_ptr<AnswerEncoder> answer_encoder(const canonical::ReplyRules& rules) {
  return std::make_unique<ResponseEncoder>(rules);
}

}  // namespace aigw::protocol::responses
