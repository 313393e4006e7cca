#include "protocol/message_joiner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "protocol/canonical/call_ids.h"
#include "protocol/json_read.h"

namespace aigw::protocol {
namespace {

// Text as a list of parts; a list as it is.
Json as_parts(Json content) {
  if (content.is_array()) return content;
  if (!is_given(content)) return Json::array();
  return Json::array({Json{{"type", "text"}, {"text", std::move(content)}}});
}

std::int64_t index_of(const Json& call) { return call.at("index").get<std::int64_t>(); }

}  // namespace

void append(Json& whole, const Json& piece) {
  if (piece.is_null()) return;
  if (whole.is_string() && piece.is_string()) {
    whole.get_ref<std::string&>() += piece.get_ref<const std::string&>();
  } else if (whole.is_array() && piece.is_array()) {
    whole.insert(whole.end(), piece.begin(), piece.end());
  } else if ((whole.is_string() && piece.is_array()) || (whole.is_array() && piece.is_string())) {
    whole = as_parts(std::move(whole));
    append(whole, as_parts(piece));
  } else {
    whole = piece;
  }
}

void append_callee(Json& callee, const Json& piece, std::string_view input) {
  if (!piece.is_object()) return;
  if (!callee.is_object()) callee = Json{{"name", ""}, {std::string(input), ""}};
  // Some servers send a name in pieces, others repeat it with each piece of the input.
  const bool name_is_whole = is_given(callee["name"]) && is_given(callee[std::string(input)]);
  for (const auto& [name, value] : piece.items()) {
    if (name != "name") {
      append(callee[name], value);
    } else if (value.is_string() && callee["name"] != value && !name_is_whole) {
      append(callee["name"], value);
    }
  }
}

bool append_call(Json& calls, CallPieces& pieces, const Json& piece) {
  if (!piece.is_object()) return true;
  const std::optional<std::size_t> number = pieces.place(piece);
  if (!number) return false;
  if (*number == calls.size()) {
    const std::int64_t index = integer_of(piece, "index").value_or(static_cast<std::int64_t>(*number));
    calls.push_back(Json{{"index", index}, {"id", nullptr}, {"type", nullptr}});
  }
  Json& call = calls[*number];
  for (const auto& [name, value] : piece.items()) {
    if (name == "index") continue;
    if (name == "id" || name == "type") {
      if (!is_given(call[name])) call[name] = value;
    } else if (name == "function") {
      append_callee(call[name], value, "arguments");
    } else if (name == "custom") {
      append_callee(call[name], value, "input");
    } else {
      append(call[name], value);
    }
  }
  return true;
}

void finish_calls(Json& calls) {
  std::stable_sort(calls.begin(), calls.end(), [](const Json& a, const Json& b) { return index_of(a) < index_of(b); });
  for (Json& call : calls) {
    call.erase("index");
    if (!is_given(call["id"])) call["id"] = canonical::make_call_id(Dialect::Chat);
    if (!is_given(call["type"])) call["type"] = call.contains("custom") ? "custom" : "function";
  }
}

}  // namespace aigw::protocol
