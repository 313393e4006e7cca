#include "protocol/error_event.h"

#include <nlohmann/json.hpp>

namespace aigw::protocol {
namespace {

using Json = nlohmann::ordered_json;

// The codes that a failed response may carry.
const char* response_code(const OpenAiError& error) {
  return error.type == "rate_limit_error" ? "rate_limit_exceeded" : "server_error";
}

std::string failed_response(const OpenAiError& error) {
  const Json response = {{"id", "resp_failed"},
                         {"object", "response"},
                         {"status", "failed"},
                         {"error", {{"code", response_code(error)}, {"message", error.message}}},
                         {"output", Json::array()}};
  const Json event = {{"type", "response.failed"}, {"sequence_number", 0}, {"response", response}};
  return "event: response.failed\ndata: " + event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n\n";
}

}  // namespace

std::string error_event(Dialect dialect, const OpenAiError& error) {
  if (dialect == Dialect::Responses) return failed_response(error);
  return "data: " + to_json(error) + "\n\n";
}

}  // namespace aigw::protocol
