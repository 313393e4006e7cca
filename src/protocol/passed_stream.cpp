#include "protocol/passed_stream.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/answer_model.h"
#include "protocol/json_read.h"
#include "protocol/json_scan.h"

namespace aigw::protocol {
namespace {

// Requests are echoed with their tools.
constexpr std::size_t kResponseBytesMax = 256 * 1024;
// As much as read_error() reads.
constexpr std::size_t kFailureBytesMax = 1024 * 1024;

// The event's `response`, "" if it has none or a larger one.
std::string_view response_of(std::string_view data) {
  JsonScan scan(data);
  JsonMember member;
  while (scan.next(member)) {
    const std::string_view value = data.substr(member.value.offset, member.value.length);
    if (data.substr(member.key.offset, member.key.length) != "\"response\"") continue;
    return value.front() == '{' && value.size() <= kResponseBytesMax ? value : std::string_view();
  }
  return {};
}

// Puts the failure into the provider's response, whose own words stay but for the message.
void put_error(const ErrorForm& form, Json& response) {
  response["status"] = "failed";
  Json& error = response["error"];
  if (!error.is_object() || text_of(error, "code").empty()) error = {{"code", responses_code(form)}};
  error["message"] = form.openai.message;
}

}  // namespace

PassedStream::PassedStream(Dialect dialect, std::string model) : dialect_(dialect), model_(std::move(model)) {}

void PassedStream::note(const EventFacts& facts, std::string_view data) {
  if (dialect_ != Dialect::Responses) return;
  next_number_ = facts.sequence_number.value_or(next_number_) + 1;
  if (response_.empty()) response_ = response_of(data);
}

void PassedStream::note_failure(std::string_view data) {
  if (dialect_ == Dialect::Responses && data.size() <= kFailureBytesMax) failed_ = data;
}

std::string PassedStream::failure(const ErrorForm& form) const {
  if (dialect_ != Dialect::Responses) return error_frame(dialect_, form);
  Result<Json> own = parse_object(failed_);
  const bool is_own = own && text_of(*own, "type") == "response.failed" && !members_of(*own, "response").empty();
  Json event = is_own ? std::move(*own) : Json{{"type", "response.failed"}, {"sequence_number", next_number_}};
  if (!is_own) {
    Result<Json> told = parse_object(response_);
    if (!told) return error_frame(dialect_, form);
    event["response"] = std::move(*told);
  }
  put_error(form, event["response"]);
  std::string data = dump(event);
  if (!model_.empty()) rename_model(data, model_);
  return "event: response.failed\ndata: " + data + "\n\n";
}

}  // namespace aigw::protocol
