#include "protocol/completions/text_choice.h"

#include <nlohmann/json.hpp>

#include "protocol/canonical/alias.h"
#include "protocol/chat/finish_reason.h"
#include "protocol/json_read.h"

namespace aigw::protocol::completions {
namespace {

Json number_of(const Json& token) {
  const Json* const number = find_member(token, "logprob");
  return number != nullptr && number->is_number() ? *number : Json();
}

Json top_of(const Json& token) {
  Json top = Json::object();
  for (const Json& candidate : items_of(token, "top_logprobs")) {
    top[std::string(text_of(candidate, "token"))] = number_of(candidate);
  }
  return top;
}

}  // namespace

Json logprobs_of(const Json& chat, std::size_t& offset) {
  Json form = {{"tokens", Json::array()},
               {"token_logprobs", Json::array()},
               {"top_logprobs", Json::array()},
               {"text_offset", Json::array()}};
  for (const Json& token : items_of(chat, "content")) {
    form["tokens"].push_back(text_of(token, "token"));
    form["token_logprobs"].push_back(number_of(token));
    form["top_logprobs"].push_back(top_of(token));
    form["text_offset"].push_back(offset);
    offset += canonical::count_characters(text_of(token, "token"));
  }
  return form;
}

bool is_text(std::string_view refusal, const canonical::Finish& finish) {
  return !refusal.empty() && refusal != finish.native;
}

const char* finish_word(canonical::FinishReason reason) {
  return reason == canonical::FinishReason::ToolCalls ? "stop" : chat::finish_word(reason);
}

}  // namespace aigw::protocol::completions
