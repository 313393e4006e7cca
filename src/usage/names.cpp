#include "usage/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace aigw::usage {
namespace {

// File names have at most 255 bytes, and `.json.corrupt` or `.json.tmp` is still to come.
constexpr std::size_t kFileNameMax = 200;

// Beside the models' folders in `data/usage`.
constexpr std::array<std::string_view, 4> kOwnNames = {"journal", "journal.old", "lock", "history"};

bool stays_in_file_name(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

bool stays_in_word(char c) { return static_cast<unsigned char>(c) > ' ' && c != '%' && c != '\x7f'; }

void append_hex(std::string& text, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  text += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
}

template <typename Stays>
std::string encode(std::string_view name, Stays stays) {
  std::string text;
  text.reserve(name.size());
  for (const char c : name) {
    if (stays(c)) {
      text += c;
    } else {
      append_hex(text, c);
    }
  }
  return text;
}

std::string decode(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      name += static_cast<char>(byte);
      i += 2;
    } else {
      name += text[i];
    }
  }
  return name;
}

// FNV-1a, 64 bits, as 16 hex digits.
std::string hash_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string digits;
  for (unsigned shift = 64; shift > 0; shift -= 4) digits += "0123456789abcdef"[(hash >> (shift - 4)) & 15U];
  return digits;
}

}  // namespace

std::string file_name_of(std::string_view name) {
  std::string text = encode(name, stays_in_file_name);
  const bool own = std::find(kOwnNames.begin(), kOwnNames.end(), text) != kOwnNames.end();
  if (text.empty()) return "%";  // no other name's, since a percent sign becomes %25
  if (own || text.front() == '.') {
    std::string first;
    append_hex(first, text.front());
    text.replace(0, 1, first);
  }
  if (text.size() <= kFileNameMax) return text;
  // `~` is never left as it is, so no other name looks like this one.
  return text.substr(0, kFileNameMax - 17) + "~" + hash_of(name);
}

std::string snapshot_path_of(std::string_view model, std::string_view provider) {
  return file_name_of(model) + "/" + file_name_of(provider) + ".json";
}

std::string word_of(std::string_view name) { return encode(name, stays_in_word); }

std::string name_of(std::string_view word) { return decode(word); }

std::string tag_of(std::string_view model, std::string_view provider) {
  return word_of(model) + " " + word_of(provider);
}

std::pair<std::string, std::string> names_of(std::string_view tag) {
  const std::size_t blank = tag.find(' ');
  return {name_of(tag.substr(0, blank)), name_of(tag.substr(std::min(tag.size(), blank + 1)))};
}

}  // namespace aigw::usage
