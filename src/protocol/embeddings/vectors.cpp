#include "protocol/embeddings/vectors.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/digest.h"

namespace aigw::protocol::embeddings {
namespace {

constexpr std::size_t kFloatBytes = 4;

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == kFloatBytes);

void append_little_endian(std::uint32_t bits, std::string& bytes) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((bits >> shift) & 0xff);
}

std::uint32_t little_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t bits = 0;
  for (std::size_t i = kFloatBytes; i-- > 0;) bits = (bits << 8) | static_cast<unsigned char>(bytes[at + i]);
  return bits;
}

bool is_number(const Json& value) {
  return value.is_number() && std::fabs(value.get<double>()) <= std::numeric_limits<float>::max();
}

std::optional<Json> to_text(const Json& numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * kFloatBytes);
  for (const Json& number : numbers) {
    if (!is_number(number)) return std::nullopt;
    append_little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(number.get<double>())), bytes);
  }
  return Json(to_base64(bytes));
}

std::optional<Json> to_numbers(const std::string& text) {
  const std::optional<std::string> bytes = from_base64(text);
  if (!bytes || bytes->size() % kFloatBytes != 0) return std::nullopt;
  Json numbers = Json::array();
  for (std::size_t at = 0; at < bytes->size(); at += kFloatBytes) {
    const float number = std::bit_cast<float>(little_endian(*bytes, at));
    if (!std::isfinite(number)) return std::nullopt;
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::optional<Json> in_form(Json vector, bool base64) {
  if (vector.is_string() && !base64) return to_numbers(vector.get_ref<const std::string&>());
  if (vector.is_string()) return vector;
  if (!vector.is_array()) return std::nullopt;
  if (base64) return to_text(vector);
  for (const Json& number : vector) {
    if (!number.is_number()) return std::nullopt;
  }
  return vector;
}

}  // namespace aigw::protocol::embeddings
