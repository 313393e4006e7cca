// Applies edits to any JSON object: the report of X-Gateway-Edits, applied to the client's body, must give the provider's
// body bit by bit, and that must be JSON again.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/edit_report.h"
#include "protocol/envelope.h"
#include "protocol/json_scan.h"
#include "protocol/params.h"

namespace {

using namespace aigw::protocol;

aigw::config::Params params() {
  aigw::config::Params params;
  params.drop = {"a", "user"};
  params.rename = {{"b", "c"}, {"max_tokens", "max_completion_tokens"}};
  params.set = {{"d", "{\"x\":\"ü\\n\"}"}, {"temperature", "0.50"}};
  params.defaults = {{"e", "[1]"}, {"top_p", "1"}};
  return params;
}

std::string replayed(std::string_view body, const std::string& report) {
  std::string result;
  std::size_t at = 0;
  for (const auto& edit : nlohmann::json::parse(report)) {
    const std::size_t offset = edit.at("offset").get<std::size_t>();
    result += body.substr(at, offset - at);
    result += edit.at("text").get<std::string>();
    at = offset + edit.at("length").get<std::size_t>();
  }
  return result += body.substr(at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto envelope = read_envelope(body);
  if (!envelope || !envelope->has_members) return 0;
  std::vector<Edit> edits;
  set_model(*envelope, "provider's \"model\"", edits);
  set_stream(*envelope, !envelope->stream, edits);
  adapt_params(body, params(), {"model", "stream", "stream_options"}, edits);
  std::string sent;
  for (const std::string_view piece : aigw::protocol::apply(body, edits)) sent += piece;
  if (json_object_fault(sent)) std::abort();
  const std::string report = report_edits(edits);
  if (report.front() == '[' && replayed(body, report) != sent) std::abort();
  return 0;
}
