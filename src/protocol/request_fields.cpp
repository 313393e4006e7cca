#include "protocol/request_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/json_read.h"

namespace aigw::protocol {
namespace {

void decode_stop(RequestFields& fields, canonical::Request& request) {
  const Json* const stop = fields.take("stop");
  if (stop == nullptr) return;
  if (!stop->is_string() && !stop->is_array()) return fields.reject("stop", "must be a string or an array of strings");
  for (const Json& item : stop->is_array() ? *stop : Json::array({*stop})) {
    if (!item.is_string()) return fields.reject("stop", "must be a string or an array of strings");
    if (is_given(item)) {
      request.stop.push_back(item.get<std::string>());
    } else {
      fields.notes().drop("stop");  // an empty sequence would end every answer at once
    }
  }
}

}  // namespace

const Json* RequestFields::take(std::string_view name) {
  taken_.push_back(name);
  const Json* const member = find_member(body_, name);
  return member != nullptr && !member->is_null() ? member : nullptr;
}

void RequestFields::reject(std::string_view name, std::string_view what) {
  notes_.reject(name, "\"" + std::string(name) + "\" " + std::string(what) + ".");
}

std::string RequestFields::take_text(std::string_view name) {
  const Json* const member = take(name);
  if (member != nullptr && !member->is_string()) reject(name, "must be a string");
  return std::string(text_of(body_, name));
}

std::optional<bool> RequestFields::take_flag(std::string_view name) {
  const Json* const member = take(name);
  if (member != nullptr && !member->is_boolean()) reject(name, "must be true or false");
  return flag_of(body_, name);
}

std::optional<std::int64_t> RequestFields::take_count(std::string_view name) {
  if (take(name) == nullptr) return std::nullopt;
  const std::optional<std::int64_t> count = integer_of(body_, name);
  if (count && *count >= 1) return count;
  reject(name, "must be an integer of at least 1");
  return std::nullopt;
}

JsonBox RequestFields::take_number(std::string_view name) {
  const Json* const member = take(name);
  if (member == nullptr) return {};
  if (member->is_number()) return *member;
  reject(name, "must be a number");
  return {};
}

JsonBox RequestFields::take_number(std::string_view name, double least, double most) {
  JsonBox number = take_number(name);
  if (!number) return {};
  const double value = number->get<double>();
  if (value >= least && value <= most) return number;
  reject(name, "must be between " + dump(least) + " and " + dump(most));
  return {};
}

JsonBox RequestFields::take_object(std::string_view name) {
  const Json* const member = take(name);
  if (member == nullptr) return {};
  if (member->is_object()) return *member;
  reject(name, "must be an object");
  return {};
}

void RequestFields::take_rest(canonical::Request& request) {
  for (const auto& [name, value] : body_.items()) {
    const bool is_taken = std::find(taken_.begin(), taken_.end(), name) != taken_.end();
    if (!is_taken && !value.is_null()) request.extras.push_back({name, name, value});
  }
}

void decode_common_fields(RequestFields& fields, canonical::Request& request) {
  request.model = fields.take_text("model");
  request.temperature = fields.take_number("temperature", 0, 2);
  request.top_p = fields.take_number("top_p");
  request.top_k = fields.take_number("top_k");
  decode_stop(fields, request);
  request.n = fields.take_count("n").value_or(1);
  request.stream = fields.take_flag("stream").value_or(false);
  const JsonBox options = fields.take_object("stream_options");
  request.include_usage = options && flag_of(*options, "include_usage").value_or(false);
  request.user = fields.take_text("user");
}

}  // namespace aigw::protocol
