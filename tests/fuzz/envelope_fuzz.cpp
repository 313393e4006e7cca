// Reads any bytes as a request body, and makes every edit on those that are one.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/envelope.h"

namespace {

using namespace aigw::protocol;

std::string edited(std::string_view body, std::vector<Edit>& edits) {
  std::string result;
  for (const std::string_view piece : aigw::protocol::apply(body, edits)) result += piece;
  return result;
}

// Ours accepts what nlohmann's parser accepts, except NUL bytes behind the text, where that one stops reading, and
// nesting; and it accepts numbers out of range and halves of surrogate pairs.
void compare(const std::string& body, bool accepted) {
  if (body.find('\0') != std::string::npos) return;
  const bool other = nlohmann::json::accept(body);
  const bool is_object = body.find_first_not_of(" \t\r\n") == body.find('{') && !body.empty();
  const bool may_differ = body.find("\\u") != std::string::npos || body.find_first_of("eE") != std::string::npos;
  if (other && is_object && !accepted && body.size() < 1000) std::abort();
  if (accepted && !other && !may_differ && body.size() < 300) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  const aigw::Result<Envelope> envelope = read_envelope(body);
  const bool wrong_field = !envelope && envelope.error().detail.front() == '"';
  compare(body, envelope.has_value() || wrong_field);
  if (!envelope) return 0;
  for (const bool wanted : {true, false}) {
    std::vector<Edit> edits;
    set_stream(*envelope, wanted, edits);
    if (wanted) ask_for_usage(*envelope, body, edits);
    set_model(*envelope, "other", edits);
    const std::string result = edited(body, edits);
    const aigw::Result<Envelope> again = read_envelope(result);
    if (!again || again->model != "other" || again->stream != wanted) std::abort();
    if (!wanted && envelope->stream && !again->stream_options_values.empty()) std::abort();
  }
  return 0;
}
