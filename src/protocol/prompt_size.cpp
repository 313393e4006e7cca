#include "protocol/prompt_size.h"

#include "base/text.h"
#include "protocol/facts.h"

namespace aigw::protocol {
namespace {

constexpr std::size_t kFileBytesMin = 1024;
constexpr std::int64_t kFileTokens = 1600;

bool is_base64(char c) {
  return is_alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}

}  // namespace

std::int64_t prompt_tokens(std::string_view body) {
  std::size_t text_bytes = 0;
  std::int64_t files = 0;
  // Every run of kFileBytesMin base64 characters covers a multiple of that length: looking at those places alone finds
  // all of them and leaves the rest of the text unread.
  std::size_t counted = 0;
  for (std::size_t at = 0; at < body.size(); at += kFileBytesMin) {
    if (at < counted || !is_base64(body[at])) continue;
    std::size_t begin = at;
    while (begin > counted && is_base64(body[begin - 1])) --begin;
    std::size_t end = at;
    while (end < body.size() && is_base64(body[end])) ++end;
    if (end - begin < kFileBytesMin) continue;
    text_bytes += begin - counted;
    files += 1;
    counted = end;
  }
  text_bytes += body.size() - counted;
  return estimate_tokens(text_bytes) + files * kFileTokens;
}

}  // namespace aigw::protocol
