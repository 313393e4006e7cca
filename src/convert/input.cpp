#include "convert/input.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "config/capabilities_reader.h"
#include "config/document.h"
#include "config/fields.h"
#include "config/value.h"
#include "protocol/json_read.h"
#include "protocol/json_scan.h"
#include "protocol/json_string.h"

namespace aigw::convert {
namespace {

using protocol::Json;

// The text of the member as it stands there, "" if it is absent or null: conversions within a dialect must not change
// the spelling of a number.
std::string raw_member(std::string_view text, std::string_view name) {
  protocol::JsonScan scan(text);
  protocol::JsonMember member;
  std::string raw;
  while (scan.next(member)) {
    const auto key = protocol::unquote(text.substr(member.key.offset, member.key.length));
    if (key == name) raw = text.substr(member.value.offset, member.value.length);
  }
  return raw == "null" ? "" : raw;
}

// What a provider sent that is no JSON is given as a string.
std::string body_of(std::string_view text) {
  std::string raw = raw_member(text, "body");
  if (raw.empty() || raw.front() != '"') return raw;
  return protocol::unquote(raw).value_or("");
}

Status read_stream(const Json& tree, Input& input) {
  if (protocol::has_member(tree, "sse")) {
    input.has_stream = true;
    input.reads.emplace_back(protocol::text_of(tree, "sse"));
  }
  if (!protocol::has_member(tree, "sse_base64")) return Done{};
  input.has_stream = true;
  for (const Json& read : protocol::items_of(tree, "sse_base64")) {
    auto bytes = read.is_string() ? from_base64(read.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes) return invalid("\"sse_base64\" must be an array of base64 texts.");
    input.reads.push_back(std::move(*bytes));
  }
  return Done{};
}

// What the configuration file would say with these members; others are not ours.
template <typename T>
Status read_fields(const char* where, const Json& object, const config::Fields<T>& fields, T& into) {
  const config::Document document = config::parse_document(protocol::dump(object));
  const config::Environment no_variables = [](std::string_view) { return std::optional<std::string>(); };
  config::Report report{no_variables, {}, {}};
  const auto members = config::Value(document.root, where, report).members();
  for (const auto& [name, value] : members ? *members : std::vector<std::pair<std::string, config::Value>>{}) {
    for (const config::Field<T>& field : fields) {
      if (field.name == name) field.read(value, into);
    }
  }
  if (report.problems.empty()) return Done{};
  return invalid(report.problems.front().text());
}

void read_headers(const Json& tree, Input& input) {
  for (const auto& [name, value] : protocol::members_of(tree, "headers").items()) {
    input.headers.emplace_back(name, value.is_string() ? value.get<std::string>() : protocol::dump(value));
  }
}

}  // namespace

Result<Input> read_input(std::string_view text) {
  const Result<Json> tree = protocol::parse_object(text);
  if (!tree) return invalid("The input is not a JSON object. " + tree.error().detail);
  Input input;
  input.body = body_of(text);
  input.request = raw_member(text, "request");
  if (const Status read = read_stream(*tree, input); !read) return read.error();
  if (!protocol::has_member(*tree, "body") && !input.has_stream) {
    return invalid("The input has none of \"body\", \"sse\" and \"sse_base64\".");
  }
  const Json& upstream = protocol::members_of(*tree, "upstream");
  input.model = protocol::text_of(upstream, "model");
  if (const Status read = read_fields("upstream", upstream, config::capability_fields(), input.capabilities); !read) {
    return read.error();
  }
  config::RouteDraft route;
  const Json& settings = protocol::members_of(*tree, "settings");
  if (const Status read = read_fields("settings", settings, config::route_fields(), route); !read) return read.error();
  input.settings = route.conversion;
  input.status = static_cast<int>(protocol::integer_of(*tree, "status").value_or(200));
  read_headers(*tree, input);
  const auto now = protocol::integer_of(*tree, "now");
  input.now = now ? WallTime(std::chrono::seconds(*now)) : wall_now();
  return input;
}

}  // namespace aigw::convert
