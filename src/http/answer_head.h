// The head of a provider's answer: status line and header fields, checked and read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.h"
#include "http/message.h"

namespace aigw::http {

struct AnswerHead {
  int status = 0;
  Headers headers;
  Framing framing;
  bool keep_alive = false;     // what version and Connection field say

  // 1xx: another head follows (RFC 9110 §15.2).
  bool is_interim() const { return status < 200; }
  // Answers without a body whatever their fields say (RFC 9112 §6.3). HEAD is never asked for here.
  bool has_body() const { return status != 204 && status != 304; }
};

// `head` is a complete head, empty line included. Nothing if it is not HTTP/1.1 or 1.0, or could be read in two ways.
std::optional<AnswerHead> read_answer_head(std::string_view head);

}  // namespace aigw::http
