#include "api/json_body.h"

#include <nlohmann/json.hpp>

#include "config/document.h"

namespace aigw::api {
namespace {

constexpr std::size_t kBytesMax = 1 << 20;

}  // namespace

Result<nlohmann::ordered_json> read_json_body(Call& call) {
  if (const Status read = call.request.read_body(kBytesMax); !read) return read.error();
  const std::string& text = call.request.body;
  if (text.empty()) return nlohmann::ordered_json::object();
  // Read twice: the parser of the config bounds the depth and finds members that stand there twice.
  const config::Document document = config::parse_document(text);
  if (!document.problems.empty()) return Error{ErrorKind::BadRequest, document.problems.front().text()};
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::BadRequest, "The body must be a JSON object."};
  return json;
}

}  // namespace aigw::api
