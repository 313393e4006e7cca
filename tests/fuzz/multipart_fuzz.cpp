// Reads any bytes as a multipart body, and sets the model of those that are one.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigw::protocol;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // The first line is the content type.
  const std::size_t line_end = input.find('\n');
  const std::string_view own_type = input.substr(0, line_end);
  const std::string_view body = line_end == std::string_view::npos ? std::string_view() : input.substr(line_end + 1);
  for (const std::string_view type : {own_type, std::string_view("multipart/form-data; boundary=b")}) {
    const aigw::Result<Envelope> envelope = read_form(type, body);
    if (!envelope) continue;
    std::vector<Edit> edits;
    set_form_model(*envelope, type, "other", edits);
    std::string result;
    for (const std::string_view piece : aigw::protocol::apply(body, edits)) result += piece;
    const aigw::Result<Envelope> again = read_form(type, result);
    if (!again || again->model != "other") std::abort();
  }
  return 0;
}
