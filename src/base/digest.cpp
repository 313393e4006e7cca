#include "base/digest.h"

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <random>

namespace aigw {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kForeign = 255;  // no symbol of either alphabet
constexpr std::uint8_t kSpace = 254;

constexpr std::uint8_t byte_of(char c) { return static_cast<std::uint8_t>(c); }

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (std::uint8_t& value : values) value = kForeign;
  for (std::uint8_t i = 0; i < 64; ++i) {
    values[byte_of(kStandard[i])] = i;
    values[byte_of(kUrlSafe[i])] = i;
  }
  for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'}) values[byte_of(c)] = kSpace;
  return values;
}

constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::string encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = std::uint32_t{byte_of(bytes[i])} << 16;
    if (count > 1) group |= std::uint32_t{byte_of(bytes[i + 1])} << 8;
    if (count > 2) group |= std::uint32_t{byte_of(bytes[i + 2])};
    for (std::size_t symbol = 0; symbol <= count; ++symbol) text += alphabet[(group >> (18 - 6 * symbol)) & 63];
    if (pad) text.append(3 - count, '=');
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string text;
  text.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::string to_base64(std::string_view bytes) { return encode(bytes, kStandard, true); }

std::string to_base64url(std::string_view bytes) { return encode(bytes, kUrlSafe, false); }

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  std::size_t symbols = 0;
  std::size_t pads = 0;
  for (const char c : text) {
    const std::uint8_t value = kValues[byte_of(c)];
    if (value == kSpace) continue;
    if (c == '=') {
      ++pads;
      continue;
    }
    if (value == kForeign || pads > 0) return std::nullopt;
    group = group << 6 | value;
    if (++symbols % 4 == 0) {
      for (const int shift : {16, 8, 0}) bytes += static_cast<char>(group >> shift & 255);
      group = 0;
    }
  }
  const std::size_t rest = symbols % 4;
  if (rest == 1 || pads > (4 - rest) % 4) return std::nullopt;
  if (rest == 2) bytes += static_cast<char>(group >> 4 & 255);
  if (rest == 3) {
    bytes += static_cast<char>(group >> 10 & 255);
    bytes += static_cast<char>(group >> 2 & 255);
  }
  return bytes;
}

std::string random_text(std::size_t length) {
  constexpr std::string_view kSymbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  thread_local std::mt19937_64 random(std::random_device{}());
  std::uniform_int_distribution<std::size_t> symbol(0, kSymbols.size() - 1);
  std::string text;
  text.reserve(length);
  while (text.size() < length) text += kSymbols[symbol(random)];
  return text;
}

}  // namespace aigw
