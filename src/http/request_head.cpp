#include "http/request_head.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace aigw::http {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kSymbols.find(c) != npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool lists(std::string_view value, std::string_view word) {
  for (const std::string_view part : split(value, ',')) {
    if (iequals(trim(part), word)) return true;
  }
  return false;
}

void refuse(RequestHead& head, int status, const char* reason) {
  head.refusal = status;
  head.reason = reason;
}

void check_request_line(std::string_view line, RequestHead& head) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  const std::size_t method_end = line.find(' ');
  const std::size_t version_at = line.rfind(' ');
  if (method_end == npos || version_at == method_end || has_control(line) || line.find('\t') != npos) {
    return refuse(head, 400, "The request line is malformed.");
  }
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, version_at - method_end - 1);
  const std::string_view version = line.substr(version_at + 1);
  if (target.size() > kTargetBytesMax) return refuse(head, 414, "The request target is too long.");
  if (!is_token(method) || target.empty() || target[0] != '/' || target.find(' ') != npos) {
    return refuse(head, 400, "The request line is malformed.");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(head, starts_with(version, "HTTP/") ? 505 : 400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return refuse(head, 501, "The request method is not known here.");
  }
  if (std::count(target.begin(), target.end(), '?') > 1) {
    // The parser takes no more than one; a query may hold further ones only percent-encoded.
    return refuse(head, 400, "The request target has more than one question mark.");
  }
  head.http10 = version == "HTTP/1.0";
  head.keep_alive = !head.http10;
}

struct Framing {
  bool has_length = false;
  bool has_encoding = false;
  bool has_host = false;
};

void check_field(std::string_view line, RequestHead& head, Framing& framing) {
  const std::size_t colon = line.find(':');
  if (line.size() > kFieldBytesMax - 2) return refuse(head, 431, "A header field is too large.");
  if (colon == npos || !is_token(line.substr(0, colon))) return refuse(head, 400, "A header field is malformed.");
  const std::string_view name = line.substr(0, colon);
  // Before the value is trimmed: a CR at its end would be cut off here, and be part of it for the parser.
  if (has_control(line.substr(colon + 1))) return refuse(head, 400, "A header field has a control character.");
  const std::string_view value = trim(line.substr(colon + 1));
  if (iequals(name, "Connection")) {
    if (lists(value, "close")) head.keep_alive = false;
    if (head.http10 && lists(value, "keep-alive")) head.keep_alive = true;
  } else if (iequals(name, "Content-Length")) {
    const std::optional<std::uint64_t> length = parse_uint(value);
    if (!length || framing.has_length) return refuse(head, 400, "Content-Length is not one number.");
    framing.has_length = true;
    head.content_length = *length;
  } else if (iequals(name, "Transfer-Encoding")) {
    if (framing.has_encoding || head.http10) return refuse(head, 400, "Transfer-Encoding can't be used this way.");
    if (!iequals(value, "chunked")) return refuse(head, 501, "No Transfer-Encoding but chunked is understood.");
    framing.has_encoding = true;
    head.chunked = true;
  } else if (iequals(name, "Host")) {
    if (framing.has_host) return refuse(head, 400, "There is more than one Host field.");
    framing.has_host = true;
  }
}

}  // namespace

std::size_t find_head_end(std::string_view received, std::size_t from) {
  // A bare LF as line end is found too, so that it is refused at once instead of waited out.
  for (std::size_t at = received.find('\n', from); at != npos; at = received.find('\n', at + 1)) {
    if (received.substr(at + 1, 2) == "\r\n") return at + 3;
    if (received.substr(at + 1, 1) == "\n") return at + 2;
  }
  return npos;
}

RequestHead check_request_head(std::string_view text) {
  RequestHead head;
  Framing framing;
  for (bool first = true; head.refusal == 0; first = false) {
    const std::size_t end = text.find('\n');
    if (end == npos || end == 0 || text[end - 1] != '\r') {
      refuse(head, 400, "A line of the request head does not end with CR LF.");
      break;
    }
    const std::string_view line = text.substr(0, end - 1);
    text.remove_prefix(end + 1);
    if (first) {
      check_request_line(line, head);
    } else if (line.empty()) {
      break;
    } else {
      check_field(line, head, framing);
    }
  }
  if (head.refusal == 0 && framing.has_length && framing.has_encoding) {
    refuse(head, 400, "Content-Length and Transfer-Encoding exclude each other.");
  }
  return head;
}

std::optional<std::string> protect_percent(std::string_view head) {
  const std::size_t fields = head.find('\n');
  if (fields == npos || head.find('%', fields) == npos) return std::nullopt;
  std::string result(head.substr(0, fields));
  for (const char c : head.substr(fields)) {
    result += c;
    if (c == '%') result += "25";
  }
  return result;
}

}  // namespace aigw::http
