#include "protocol/provider_error.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/header_time.h"
#include "base/text.h"

namespace aigw::protocol {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMessageBytesMax = 4096;
constexpr std::size_t kPlainCharactersMax = 300;  // §14.2
constexpr std::size_t kWordBytesMax = 100;
constexpr std::size_t kEllipsisBytes = 3;  // what shorten adds

// No error that says something is larger, and simdjson's tree takes twelve times the text.
constexpr std::size_t kJsonBytesMax = 1024 * 1024;

struct Word {
  std::string_view part;  // lower case, letters and digits only
  int status;
};

// The table of protocols.md §14.2 read from its words, with those of other vendors that mean the same. The first
// part found counts, so that a limit or a key is not taken for the `invalid_request_error` it may come with.
constexpr Word kWords[] = {
    {"ratelimit", 429},
    {"quota", 429},
    {"toomanyrequests", 429},
    {"exhausted", 429},
    {"billing", 429},
    {"insufficientbalance", 429},
    {"insufficientcredit", 429},
    {"paymentrequired", 429},
    {"throttl", 429},
    {"overload", 503},
    {"slowdown", 503},
    {"unavailable", 503},
    {"deadline", 504},
    {"timeout", 504},
    {"apikey", 401},
    {"authentic", 401},
    {"unauthorized", 401},
    {"upstreamauth", 401},
    {"permission", 403},
    {"forbidden", 403},
    {"accessdenied", 403},
    {"image", 400},  // too large, not found, …: still the request that is wrong
    {"toolarge", 413},
    {"notfound", 404},
    {"methodnotallowed", 405},
    {"conflict", 409},
    {"alreadyexists", 409},
    {"aborted", 409},
    {"contextlength", 400},
    {"contextsize", 400},
    {"contextwindow", 400},
    {"abovemaxlength", 400},
    {"contentfilter", 400},
    {"contentpolicy", 400},
    {"failedprecondition", 400},
    {"outofrange", 400},
    {"unprocessable", 400},
    {"unsupported", 400},
    {"badrequest", 400},
    {"invalid", 400},
};

// The member as text: a string as it is, an integer as digits; else "".
std::string text_of(dom::object object, std::string_view name) {
  dom::element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return "";
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  std::int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return "";
}

// Google's details: how long to wait, and whether a 400 is about the key.
void read_details(dom::object object, ProviderError& error) {
  dom::array details;
  if (object.at_key("details").get(details) != simdjson::SUCCESS) return;
  for (const dom::element element : details) {
    dom::object detail;
    if (element.get(detail) != simdjson::SUCCESS) continue;
    if (const auto delay = parse_duration(text_of(detail, "retryDelay"))) error.retry_after = delay;
    if (std::string reason = text_of(detail, "reason"); status_of_word(reason) == 401) error.code = std::move(reason);
  }
}

// `detail` as text, or as the JSON that it is.
std::string detail_of(dom::object object) {
  dom::element detail;
  if (object.at_key("detail").get(detail) != simdjson::SUCCESS || detail.is_null()) return "";
  std::string_view text;
  return detail.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(detail);
}

void read_fields(dom::object object, ProviderError& error) {
  error.message = text_of(object, "message");
  error.type = text_of(object, "type");
  error.code = text_of(object, "code");
  error.param = text_of(object, "param");
  read_details(object, error);
  if (error.type == "error") error.type.clear();  // the kind of the event, not of the error
  // Google's word for the kind, `RESOURCE_EXHAUSTED` beside `code: 429`; some servers give the number here.
  std::string& missing = error.type.empty() ? error.type : error.code;
  if (missing.empty()) missing = text_of(object, "status");
  if (error.message.empty()) error.message = detail_of(object);
}

// Reads the shapes in the order of §14.2. False: none of them.
bool read_json(dom::element root, ProviderError& error) {
  dom::array list;
  if (root.get(list) == simdjson::SUCCESS && list.at(0).get(root) != simdjson::SUCCESS) return false;
  dom::object object;
  std::string_view text;
  if (root.get(object) != simdjson::SUCCESS) {
    if (root.get(text) != simdjson::SUCCESS) return false;
    error.message = std::string(text);
    return true;
  }
  dom::object inner;
  if (object.at_key("error").get(inner) == simdjson::SUCCESS ||
      object.at_pointer("/response/error").get(inner) == simdjson::SUCCESS) {  // of a failed response
    read_fields(inner, error);
    return !error.message.empty() || !error.type.empty() || !error.code.empty();
  }
  read_fields(object, error);
  if (object.at_key("error").get(text) == simdjson::SUCCESS) {
    error.message = std::string(text);
  } else if (text_of(object, "object") != "error") {
    if (std::string detail = detail_of(object); !detail.empty()) error.message = std::move(detail);
  }
  return !error.message.empty();
}

bool opens_tag(std::string_view text) {
  if (text.size() < 2 || text[0] != '<') return false;
  const char next = text[1];
  return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '/' || next == '!' || next == '?';
}

// The text without tags and with single blanks: what a person reads of an HTML page, near enough.
std::string without_tags(std::string_view text) {
  text = text.substr(0, 16 * kMessageBytesMax);
  std::string result;
  bool in_tag = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens = opens_tag(text.substr(i));
    const bool is_blank = opens || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (opens) in_tag = true;
    if (is_blank && !result.empty() && result.back() != ' ') result += ' ';
    if (!is_blank && !in_tag) result += c;
    if (c == '>') in_tag = false;
  }
  return std::string(trim(result));
}

// The first characters of a text in UTF-8.
std::string first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return std::string(text.substr(0, end));
}

// Reads the body, whatever it is; the status is still open.
ProviderError read_body(std::string_view body) {
  ProviderError error;
  dom::parser parser;
  dom::element root;
  const bool is_json =
      body.size() <= kJsonBytesMax && parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS;
  if (!is_json) {
    error.message = first_characters(without_tags(body), kPlainCharactersMax);
  } else if (!read_json(root, error)) {
    error.message = first_characters(trim(body), kPlainCharactersMax);
  }
  return error;
}

}  // namespace

ProviderError read_error(int http_status, std::string_view body) {
  ProviderError error = read_body(body);
  error.message = shorten(error.message, kMessageBytesMax - kEllipsisBytes);
  error.type = shorten(error.type, kWordBytesMax);
  error.code = shorten(error.code, kWordBytesMax);
  error.param = shorten(error.param, kWordBytesMax);
  const bool status_says_it = http_status != 0 && (http_status < 200 || http_status > 299);
  if (status_says_it) {
    error.status = http_status;
    return error;
  }
  error.status = status_of_word(error.code);
  if (error.status == 0) error.status = status_of_word(error.type);
  if (error.status == 0) error.status = 502;
  return error;
}

std::string letters_and_digits(std::string_view word) {
  std::string plain;
  for (const char c : lower(word)) {
    if ((c >= 'a' && c <= 'z') || is_digit(c)) plain += c;
  }
  return plain;
}

int status_of_word(std::string_view word) {
  // OpenAI's types for the two kinds of rate limit.
  if (word == "requests" || word == "tokens") return 429;
  if (const std::optional<std::uint64_t> number = parse_uint(word)) {
    return *number >= 400 && *number <= 599 ? static_cast<int>(*number) : 0;
  }
  const std::string plain = letters_and_digits(word);
  for (const Word& known : kWords) {
    if (contains(plain, known.part)) return known.status;
  }
  return 0;
}

}  // namespace aigw::protocol
