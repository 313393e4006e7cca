// What the mock provider answers at each endpoint: bytes as a provider would send them, cut into the pieces in which
// a stream arrives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::gateway {

struct MockAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::string> pieces;  // one for a whole answer; for a stream one for each event
  std::size_t tail_pieces = 0;      // the last pieces, which follow the text at once (finish, usage, [DONE])

  // The answer of provider `name` to a request; `reply` is the text it says, or empty for one of its own.
  static MockAnswer to(std::string_view path, std::string_view body, std::string_view name, std::string_view reply);
  static MockAnswer failure(std::string_view name, int status);
};

}  // namespace aigw::gateway
