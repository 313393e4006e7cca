#include "http/answer_head.h"

#include "base/text.h"

namespace aigw::http {

std::optional<AnswerHead> read_answer_head(std::string_view text) {
  const std::optional<std::string_view> status_line = take_line(text);
  // `HTTP/1.1 200`, and perhaps a blank and a reason, which nobody should look at (RFC 9112 §4).
  if (!status_line || status_line->size() < 12 || (status_line->size() > 12 && (*status_line)[12] != ' '))
    return std::nullopt;
  const std::string_view version = status_line->substr(0, 9);
  const std::optional<std::uint64_t> status = parse_uint(status_line->substr(9, 3));
  if ((version != "HTTP/1.1 " && version != "HTTP/1.0 ") || !status || *status < 100) return std::nullopt;

  AnswerHead head;
  head.status = static_cast<int>(*status);
  head.headers.reserve(24);
  for (;;) {
    const std::optional<std::string_view> line = take_line(text);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    if (read_field(*line, head.headers, head.framing) != FieldProblem::None) return std::nullopt;
  }
  // Chunks outrank a length (RFC 9112 §6.3); the connection is not used again then.
  const bool contradicts = head.framing.chunked && head.framing.content_length.has_value();
  head.keep_alive = version == "HTTP/1.1 " && !head.framing.says_close && !contradicts;
  return head;
}

}  // namespace aigw::http
