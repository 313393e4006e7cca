#include "protocol/multipart.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace aigw::protocol {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kPartHeadBytesMax = 16 * 1024;

Error bad_multipart(std::string detail) { return Error{ErrorKind::BadRequest, std::move(detail)}; }

// The parameter of a header like `form-data; name="model"; filename="a;b.mp3"` (RFC 9110 §5.6.6). Browsers and
// SDKs write a quote inside a name as %22 or \"; neither is undone, as no name that is looked for holds one.
std::optional<std::string_view> parameter(std::string_view header, std::string_view wanted) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    const std::size_t name_begin = at + 1;
    const std::size_t equals = header.find_first_of("=;", name_begin);
    if (equals == std::string_view::npos) return std::nullopt;
    if (header[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string_view name = trim(header.substr(name_begin, equals - name_begin));
    std::size_t value_begin = header.find_first_not_of(" \t", equals + 1);
    if (value_begin == std::string_view::npos) return std::nullopt;
    std::size_t value_end = 0;
    if (header[value_begin] == '"') {
      value_end = ++value_begin;
      while (value_end < header.size() && header[value_end] != '"') value_end += header[value_end] == '\\' ? 2U : 1U;
      if (value_end >= header.size()) return std::nullopt;
      at = header.find(';', value_end);
    } else {
      at = header.find(';', value_begin);
      value_end = at == std::string_view::npos ? header.size() : at;
    }
    if (iequals(name, wanted)) return trim(header.substr(value_begin, value_end - value_begin));
  }
  return std::nullopt;
}

// The delimiter `--boundary`, or nothing where the content type has no usable boundary (RFC 2046 §5.1.1).
std::optional<std::string> delimiter_of(std::string_view content_type) {
  const std::optional<std::string_view> boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
  return "--" + std::string(*boundary);
}

struct PartHead {
  std::optional<std::string_view> name;
  bool is_file = false;
};

PartHead read_head(std::string_view head) {
  PartHead part;
  while (!head.empty()) {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + kLineEnd.size());
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !iequals(trim(line.substr(0, colon)), "content-disposition")) continue;
    part.name = parameter(line.substr(colon + 1), "name");
    part.is_file = parameter(line.substr(colon + 1), "filename").has_value();
  }
  return part;
}

void read_field(std::string_view name, std::string_view value, Span where, Envelope& envelope) {
  if (name == "model") {
    envelope.model = std::string(value);
    envelope.model_values.push_back(where);
  } else if (name == "stream") {
    // Form libraries write Python's and JavaScript's booleans.
    envelope.stream = iequals(value, "true") || value == "1";
    envelope.stream_values.push_back(where);
  }
}

// True where a delimiter ends as it must: in `--` or, behind blanks, in a line end. (Else it is the beginning of a
// longer line, which a part may hold.)
bool ends_delimiter(std::string_view rest) {
  if (starts_with(rest, "--")) return true;
  const std::size_t end = rest.find_first_not_of(" \t");
  return end != std::string_view::npos && starts_with(rest.substr(end), kLineEnd);
}

// Where the next delimiter stands, from `from` on: at the very beginning of the body or behind a line end.
// memmem is linear for every input, std::string_view::find is not, and 64 MB are the client's choice.
std::size_t find_delimiter(std::string_view body, std::string_view delimiter, std::size_t from) {
  if (from == 0 && starts_with(body, delimiter) && ends_delimiter(body.substr(delimiter.size()))) return 0;
  if (body.empty()) return std::string_view::npos;  // its data may be null, which memmem forbids
  const std::string needle = std::string(kLineEnd) + std::string(delimiter);
  for (;;) {
    const void* found = memmem(body.data() + from, body.size() - from, needle.data(), needle.size());
    if (found == nullptr) return std::string_view::npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - body.data());
    if (ends_delimiter(body.substr(at + needle.size()))) return at + kLineEnd.size();
    from = at + needle.size();
  }
}

Error bad_part(std::size_t number, std::string_view what) {
  return bad_multipart("Part " + std::to_string(number) + " of the multipart body " + std::string(what));
}

}  // namespace

Result<Envelope> read_form(std::string_view content_type, std::string_view body) {
  const std::optional<std::string> delimiter = delimiter_of(content_type);
  if (!delimiter) {
    return bad_multipart("The Content-Type of a multipart body must name its boundary (1 to 70 characters).");
  }
  std::size_t at = find_delimiter(body, *delimiter, 0);
  if (at == std::string_view::npos) {
    return bad_multipart("The multipart body does not hold the boundary that its Content-Type names.");
  }
  Envelope envelope;
  envelope.members_begin = at;
  for (std::size_t number = 1;; ++number) {
    at += delimiter->size();
    if (starts_with(body.substr(at), "--")) return envelope;
    const std::size_t head_begin = body.find(kLineEnd, at);
    const std::string_view window = body.substr(head_begin, kPartHeadBytesMax);
    const std::size_t head_bytes = window.find("\r\n\r\n");
    if (head_bytes == std::string_view::npos) return bad_part(number, "has no empty line behind its headers.");
    const PartHead head = read_head(window.substr(0, head_bytes));
    if (!head.name) return bad_part(number, "has no name in its Content-Disposition.");
    const std::size_t value_begin = head_begin + head_bytes + 4;
    // A part may have no value at all: then the line end of the delimiter is the empty line behind the headers.
    at = find_delimiter(body, *delimiter, value_begin - kLineEnd.size());
    if (at == std::string_view::npos) {
      return bad_part(number, "is not followed by the boundary: the body is incomplete.");
    }
    const std::size_t value_end = at - kLineEnd.size();
    if (!head.is_file && value_end >= value_begin) {
      const Span where{value_begin, value_end - value_begin};
      read_field(*head.name, trim(body.substr(where.offset, where.length)), where, envelope);
    }
    envelope.has_members = true;
  }
}

void set_form_model(const Envelope& envelope, std::string_view content_type, std::string_view name,
                    std::vector<Edit>& edits) {
  for (const Span& value : envelope.model_values) edits.push_back({value, std::string(name)});
  if (!envelope.model_values.empty()) return;
  const std::string part = delimiter_of(content_type).value_or("") +
                           "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + std::string(name) + "\r\n";
  edits.push_back({{envelope.members_begin, 0}, part});
}

}  // namespace aigw::protocol
