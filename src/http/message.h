// Plain HTTP messages, free of any library: what the rest of the gateway sees of a request and a reply.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aigw::http {

// Header fields in the order they came; names compare without case (RFC 9110 §5.1). A message has a dozen of
// them: a walk beats a tree.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  // The first value of `name`, or "". Valid until the headers change.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;

  void reserve(std::size_t count) { fields_.reserve(count); }
  void add(std::string name, std::string value);
  // Replaces every field of that name, or adds one.
  void set(std::string_view name, std::string value);

  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

// One client request. Its body is read on demand, so that it can be refused before it is received.
struct Request {
  std::string method;
  std::string path;            // percent-decoded, without the query
  std::string query;           // behind the `?`, as it came
  Headers headers;
  std::string client_address;  // IP of the connection's other end
  std::string body;            // after read_body()

  // Receives the whole body (decoded if it was chunked or compressed) into `body`. Once.
  // Errors: TooLarge (over `bytes_max`), TimedOut (silence), BadRequest (framing), ClientGone.
  std::function<Status(std::size_t bytes_max)> read_body;
};

// A whole answer.
struct Reply {
  int status = 200;
  Headers headers;
  std::string body;
};

// `OK`, `Not Found`, …; "" for a code without a registered phrase (RFC 9110 §15).
const char* reason_phrase(int status);

// Whether a field value that is a list (RFC 9110 §5.6.1) has this word, whatever its case.
bool lists(std::string_view value, std::string_view word);

// The part of a Content-Type before its parameters, in lower case.
std::string media_type(std::string_view content_type);

// Whether an answer of that Content-Type is a stream of events; all others are read as a whole (protocols.md §2.1).
bool is_event_stream(std::string_view content_type);

}  // namespace aigw::http
