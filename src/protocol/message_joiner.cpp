#include "protocol/message_joiner.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "protocol/canonical/call_ids.h"

namespace aigw::protocol {
namespace {

// Text as a list of parts; a list as it is.
Json as_parts(Json content) {
  if (content.is_array()) return content;
  if (!is_given(content)) return Json::array();
  return Json::array({Json{{"type", "text"}, {"text", std::move(content)}}});
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::int64_t index_of(const Json& call) { return call.at("index").get<std::int64_t>(); }

const Json* callee_of(const Json& call) {
  const Json* callee = find_member(call, "function");
  return callee != nullptr ? callee : find_member(call, "custom");
}

bool has_finished_arguments(const Json& call) {
  const Json* callee = callee_of(call);
  return callee != nullptr && Json::accept(text_of(find_member(*callee, "arguments")));
}

Json& begin_call(Json& calls, std::int64_t index) {
  calls.push_back(Json{{"index", index}, {"id", nullptr}, {"type", nullptr}});
  return calls.back();
}

// The last call for which `is_it` holds, or null.
template <typename Predicate>
Json* find_last(Json& calls, Predicate is_it) {
  const auto found = std::find_if(calls.rbegin(), calls.rend(), is_it);
  return found == calls.rend() ? nullptr : &*found;
}

// Which call a piece belongs to; calls are told apart by index, and where servers leave that out or repeat it, by
// id and name.
Json& call_of(Json& calls, const Json& piece) {
  const std::string id = text_of(find_member(piece, "id"));
  const Json* callee = callee_of(piece);
  const bool has_name = callee != nullptr && !text_of(find_member(*callee, "name")).empty();
  const Json* index = find_member(piece, "index");
  const auto has_id = [&](const Json& call) { return !id.empty() && call.at("id") == id; };
  if (index != nullptr && index->is_number_integer()) {
    const auto wanted = index->get<std::int64_t>();
    const auto has_index = [&](const Json& call) { return index_of(call) == wanted; };
    if (Json* same = find_last(calls, [&](const Json& call) { return has_index(call) && has_id(call); })) return *same;
    Json* latest = find_last(calls, has_index);
    const bool is_other = latest != nullptr && !id.empty() && is_given(latest->at("id")) && has_name;
    return latest == nullptr || is_other ? begin_call(calls, wanted) : *latest;
  }
  if (calls.empty()) return begin_call(calls, 0);
  if (Json* same = find_last(calls, has_id)) return *same;
  const bool is_complete = has_finished_arguments(calls.back());
  const bool is_other = id.empty() ? has_name && is_complete : is_complete || is_given(calls.back().at("id"));
  return is_other ? begin_call(calls, static_cast<std::int64_t>(calls.size())) : calls.back();
}

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
  const bool name_is_whole = is_given(callee[std::string(input)]);
  for (const auto& [name, value] : piece.items()) {
    if (name != "name") {
      append(callee[name], value);
    } else if (value.is_string() && callee["name"] != value && !name_is_whole) {
      append(callee["name"], value);
    }
  }
}

void append_call(Json& calls, const Json& piece) {
  if (!piece.is_object()) return;
  Json& call = call_of(calls, piece);
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
