#include "protocol/messages/sampling.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "protocol/json_box.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Notes;

constexpr double kTemperatureMax = 2;     // Chat's range; Anthropic's ends at 1
constexpr double kThinkingTopPMin = 0.95;

double number_in(const Json& value) { return value.get<double>(); }

// Empty if it was not given, or refused.
JsonBox temperature_of(const JsonBox& given, Notes& notes) {
  if (!given) return {};
  const bool fits = given->is_number() && number_in(*given) >= 0 && number_in(*given) <= kTemperatureMax;
  if (!fits) notes.reject("temperature", "temperature: expected a number from 0 to 2");
  if (!fits) return {};
  return number_in(*given) > 1 ? JsonBox(Json(1)) : given;
}

JsonBox number_of(const JsonBox& given, const char* name, Notes& notes) {
  if (!given || given->is_number()) return given;
  notes.reject(name, std::string(name) + ": expected a number");
  return {};
}

void leave_out(JsonBox& value, const char* name, Notes& notes) {
  if (value) notes.drop(name);
  value = {};
}

}  // namespace

void write_sampling(Json& body, const canonical::Request& request, const config::Capabilities& can, bool thinks,
                    Notes& notes) {
  JsonBox temperature = temperature_of(request.temperature, notes);
  JsonBox top_p = number_of(request.top_p, "top_p", notes);
  JsonBox top_k = number_of(request.top_k, "top_k", notes);
  const bool refused = can.rejects_sampling;
  const bool neutral = temperature && number_in(*temperature) == 1;
  const bool wide = top_p && number_in(*top_p) >= kThinkingTopPMin && number_in(*top_p) <= 1;
  if (refused || (thinks && !neutral)) leave_out(temperature, "temperature", notes);
  if (refused || (thinks && !wide)) leave_out(top_p, "top_p", notes);
  if (refused || thinks) leave_out(top_k, "top_k", notes);
  if (temperature && top_p && can.temp_xor_top_p.value_or(true)) {
    if (neutral) leave_out(temperature, "temperature", notes);
    else leave_out(top_p, "top_p", notes);
  }
  if (temperature) body["temperature"] = std::move(*temperature);
  if (top_p) body["top_p"] = std::move(*top_p);
  if (top_k) body["top_k"] = std::move(*top_k);
}

}  // namespace aigw::protocol::messages
