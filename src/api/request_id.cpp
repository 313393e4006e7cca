#include "api/request_id.h"

#include <algorithm>
#include <random>

#include "base/text.h"

namespace aigw::api {
namespace {

bool is_valid(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

std::string new_id() {
  constexpr char kHex[] = "0123456789abcdef";
  thread_local std::mt19937_64 random(std::random_device{}());
  std::string id = "req_";
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = random();
    for (int digit = 0; digit < 12; ++digit, bits >>= 4) id += kHex[bits & 15];
  }
  return id;
}

}  // namespace

std::string request_id(const http::Headers& headers) {
  const std::string_view own = headers.get("X-Request-Id");
  return is_valid(own) ? std::string(own) : new_id();
}

}  // namespace aigw::api
