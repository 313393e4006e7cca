#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/request_fields.h"
#include "protocol/completions/completions.h"
#include "protocol/json_read.h"

namespace aigw::protocol::completions {
namespace {

using canonical::Request;

constexpr std::int64_t kMaxTokensDefault = 16;  // of the API

void decode_prompt(RequestFields& fields, Request& request) {
  const Json* prompt = fields.take("prompt");
  if (prompt != nullptr && prompt->is_array() && prompt->size() == 1) prompt = &prompt->front();
  if (prompt == nullptr || (prompt->is_array() && prompt->empty())) {
    return fields.reject("prompt", "must be a string, or an array of one string");
  }
  if (prompt->is_array() && prompt->front().is_string()) {
    return fields.reject("prompt",
                         "holds several prompts, and for this model the gateway can convert only one prompt per "
                         "request: send each in a request of its own");
  }
  if (!prompt->is_string()) return fields.reject("prompt", "must be text: this model takes no tokens");
  request.prompt = prompt->get<std::string>();
  request.messages.push_back({canonical::Role::User, {{canonical::Text{request.prompt}, std::nullopt}}});
}

// `logprobs: k` is two fields in Chat's words.
void decode_logprobs(RequestFields& fields, Request& request) {
  const Json* const number = fields.take("logprobs");
  if (number == nullptr) return;
  if (!number->is_number_integer() || *number < 0) return fields.reject("logprobs", "must be an integer of at least 0");
  request.extras.push_back({"logprobs", "logprobs", Json(true)});
  if (*number > 0) request.extras.push_back({"top_logprobs", "logprobs", *number});
}

void refuse_unsayable(RequestFields& fields, const Request& request) {
  const Json* const suffix = fields.take("suffix");
  if (suffix != nullptr && is_given(*suffix)) fields.reject("suffix", "is not available with this model");
  if (fields.take_count("best_of").value_or(1) > request.n) {
    fields.reject("best_of", "can't be greater than \"n\" with this model");
  }
}

}  // namespace

Request decode_request(const Json& body, canonical::Notes& notes) {
  Request request;
  request.client = Dialect::Completions;
  RequestFields fields(body, notes);
  decode_common_fields(fields, request);
  decode_prompt(fields, request);
  request.max_tokens = fields.take_count("max_tokens").value_or(kMaxTokensDefault);
  request.echo = fields.take_flag("echo").value_or(false);
  decode_logprobs(fields, request);
  refuse_unsayable(fields, request);
  fields.take_rest(request);
  return request;
}

}  // namespace aigw::protocol::completions
