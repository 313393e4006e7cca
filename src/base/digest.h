// Digests and the encodings that go with them. Pure functions, from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aigw {

// SHA-256 (FIPS 180-4) as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// Base64 (RFC 4648 §4) with padding.
std::string to_base64(std::string_view bytes);
// The URL-safe alphabet (§5) without padding.
std::string to_base64url(std::string_view bytes);
// Either alphabet, with or without padding; white space is skipped. Nothing if it is no base64.
std::optional<std::string> from_base64(std::string_view text);

// Letters and digits, unpredictable enough for ids (62 symbols a character).
std::string random_text(std::size_t length);

}  // namespace aigw
