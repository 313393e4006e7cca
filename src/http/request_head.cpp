#include "http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace aigw::http {
namespace {

void refuse(RequestHead& head, int status, const char* reason) {
  head.refusal = status;
  head.reason = reason;
}

void refuse(RequestHead& head, FieldProblem problem) {
  switch (problem) {
    case FieldProblem::None:
      return;
    case FieldProblem::TooLarge:
      return refuse(head, 431, "A header field is too large.");
    case FieldProblem::Malformed:
      return refuse(head, 400, "A header field is malformed.");
    case FieldProblem::ControlCharacter:
      return refuse(head, 400, "A header field has a control character.");
    case FieldProblem::BadLength:
      return refuse(head, 400, "Content-Length is not one number.");
    case FieldProblem::BadEncoding:
      return refuse(head, 400, "Transfer-Encoding can't be used this way.");
    case FieldProblem::UnknownEncoding:
      return refuse(head, 501, "No Transfer-Encoding but chunked is understood.");
    case FieldProblem::TwoHosts:
      return refuse(head, 400, "There is more than one Host field.");
  }
}

void read_request_line(std::string_view line, RequestHead& head) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  const std::size_t method_end = line.find(' ');
  const std::size_t version_at = line.rfind(' ');
  if (method_end == std::string_view::npos || version_at == method_end || has_control(line) ||
      line.find('\t') != std::string_view::npos) {
    return refuse(head, 400, "The request line is malformed.");
  }
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, version_at - method_end - 1);
  const std::string_view version = line.substr(version_at + 1);
  if (target.size() > kTargetBytesMax) return refuse(head, 414, "The request target is too long.");
  if (!is_token(method) || target.empty() || target[0] != '/' || target.find(' ') != std::string_view::npos) {
    return refuse(head, 400, "The request line is malformed.");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(head, starts_with(version, "HTTP/") ? 505 : 400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return refuse(head, 501, "The request method is not known here.");
  }
  head.method = method;
  head.target = target;
  head.http10 = version == "HTTP/1.0";
}

void apply(const Framing& framing, RequestHead& head) {
  if (framing.content_length && framing.chunked) {
    return refuse(head, 400, "Content-Length and Transfer-Encoding exclude each other.");
  }
  if (framing.chunked && head.http10) return refuse(head, FieldProblem::BadEncoding);
  head.content_length = framing.content_length.value_or(0);
  head.chunked = framing.chunked;
  head.compressed = framing.compressed;
  head.keep_alive = head.http10 ? framing.says_keep_alive && !framing.says_close : !framing.says_close;
}

}  // namespace

RequestHead check_request_head(std::string_view text) {
  RequestHead head;
  Framing framing;
  head.headers.reserve(16);
  for (bool first = true; head.refusal == 0; first = false) {
    const std::optional<std::string_view> line = take_line(text);
    if (!line) {
      refuse(head, 400, "A line of the request head does not end with CR LF.");
    } else if (first) {
      read_request_line(*line, head);
    } else if (line->empty()) {
      apply(framing, head);
      break;
    } else {
      refuse(head, read_field(*line, head.headers, framing));
    }
  }
  return head;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool coded =
        text[at] == '%' && text.size() - at > 2 && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    result += coded ? static_cast<char>(byte) : text[at];
    if (coded) at += 2;
  }
  return result;
}

}  // namespace aigw::http
