#include "observe/trace_context.h"

#include <algorithm>
#include <optional>
#include <random>

#include "base/text.h"

namespace aigw::observe {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// ---- ids ------------------------------------------------------------------------------------------

// Seeded with 256 bits: with the 32 of one random_device, two processes of a fleet would soon share a trace.
std::uint64_t random_bits() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return random();
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> new_id() {
  std::array<std::uint8_t, kSize> id{};
  while (id == std::array<std::uint8_t, kSize>{}) {
    for (std::size_t at = 0; at < kSize; at += 8) {
      const std::uint64_t bits = random_bits();
      for (std::size_t byte = 0; byte < 8; ++byte) id[at + byte] = static_cast<std::uint8_t>(bits >> (8 * byte));
    }
  }
  return id;
}

template <std::size_t kSize>
void append_hex(const std::array<std::uint8_t, kSize>& bytes, std::string& text) {
  for (const std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
}

// ---- traceparent (§3.2) ---------------------------------------------------------------------------

constexpr std::size_t kParentBytes = 55;  // of `00-<32 digits>-<16 digits>-<2 digits>`

constexpr int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;  // upper case is not valid
}

template <std::size_t kSize>
bool read_hex(std::string_view digits, std::array<std::uint8_t, kSize>& bytes) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const int high = digit_of(digits[2 * i]);
    const int low = digit_of(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

// A version that is not known yet may say more behind the fields of version 0 (§4.3).
bool is_length_of(std::uint8_t version, std::string_view text) {
  return text.size() == kParentBytes || (version != 0 && text.size() > kParentBytes && text[kParentBytes] == '-');
}

bool read_parent(std::string_view text, TraceContext& context) {
  if (text.size() < kParentBytes || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(text, version) || version[0] == 0xff || !is_length_of(version[0], text)) return false;
  if (!read_hex(text.substr(3), context.trace) || context.trace == TraceId{}) return false;
  if (!read_hex(text.substr(36), context.parent) || context.parent == SpanId{}) return false;
  if (!read_hex(text.substr(53), flags)) return false;
  context.flags = flags[0] & 1;
  return true;
}

// ---- tracestate (§3.3.1.3) ------------------------------------------------------------------------

constexpr std::size_t kMembersMax = 32;

bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

bool is_key_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

bool is_state_key(std::string_view key) {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) {
    return !key.empty() && key.size() <= 256 && is_lower_letter(key.front()) && is_key_text(key);
  }
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return !tenant.empty() && tenant.size() <= 241 && (is_lower_letter(tenant.front()) || is_digit(tenant.front())) &&
         is_key_text(tenant) && !system.empty() && system.size() <= 14 && is_lower_letter(system.front()) &&
         is_key_text(system);
}

bool is_state_value(std::string_view value) {
  return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool is_valid_state(std::string_view state) {
  if (state.size() > kStateBytesMax) return false;
  std::size_t members = 0;
  for (const std::string_view part : split(state, ',')) {
    const std::string_view member = trim(part);
    if (member.empty()) continue;
    const std::size_t mark = member.find('=');
    if (mark == std::string_view::npos || ++members > kMembersMax) return false;
    if (!is_state_key(member.substr(0, mark)) || !is_state_value(member.substr(mark + 1))) return false;
  }
  return members > 0;
}

TraceContext new_trace() {
  TraceContext context;
  context.trace = new_id<16>();
  context.span = new_span_id();
  context.flags = 1;
  return context;
}

}  // namespace

TraceContext continue_trace(std::string_view traceparent, std::string_view tracestate) {
  TraceContext context;
  if (!read_parent(traceparent, context)) return new_trace();
  context.span = new_span_id();
  if (is_valid_state(tracestate)) context.state = tracestate;
  return context;
}

TraceContext continue_trace(const http::Headers& headers) {
  std::optional<std::string_view> parent;
  std::string state;
  for (const auto& [name, value] : headers) {
    if (iequals(name, "traceparent")) {
      if (parent) return new_trace();
      parent = value;
    } else if (iequals(name, "tracestate") && !value.empty()) {
      if (!state.empty()) state += ',';
      state += value;
    }
  }
  return parent ? continue_trace(*parent, state) : new_trace();
}

SpanId new_span_id() { return new_id<8>(); }

std::string traceparent(const TraceContext& context, const SpanId& span) {
  std::string text;
  text.reserve(kParentBytes);
  text += "00-";
  append_hex(context.trace, text);
  text += '-';
  append_hex(span, text);
  text += '-';
  append_hex(std::array<std::uint8_t, 1>{context.flags}, text);
  return text;
}

http::Headers trace_headers(const TraceContext& context, const SpanId& span, bool exporting) {
  http::Headers headers;
  if (!exporting && !context.continued()) return headers;
  headers.add("traceparent", traceparent(context, exporting ? span : context.parent));
  if (!context.state.empty()) headers.add("tracestate", context.state);
  return headers;
}

std::string to_hex(const TraceId& id) {
  std::string text;
  append_hex(id, text);
  return text;
}

std::string to_hex(const SpanId& id) {
  std::string text;
  append_hex(id, text);
  return text;
}

}  // namespace aigw::observe
