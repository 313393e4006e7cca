#include "protocol/envelope.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "protocol/json_scan.h"
#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

Error bad_request(std::string detail) { return Error{ErrorKind::BadRequest, std::move(detail)}; }

// `"model" must be a string, not a number.`
Error wrong_kind(std::string_view name, std::string_view wanted, std::string_view value) {
  return bad_request('"' + std::string(name) + "\" must be " + std::string(wanted) + ", not " +
                     std::string(json_kind(value.front())) + '.');
}

// What a key token says.
std::string name_of(std::string_view token) { return unquote(token).value_or(std::string(token)); }

std::optional<std::int64_t> integer(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

// What is wrong with a body before it is worth a walk.
std::optional<std::string> no_object(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "The request body is empty; a JSON object is expected.";
  const std::string_view rest = body.substr(first);
  constexpr std::string_view kNumberOrArrayOrString = "-0123456789[\"";
  if (kNumberOrArrayOrString.find(rest.front()) != std::string_view::npos || rest == "true" || rest == "false" ||
      rest == "null") {
    return "The request body must be a JSON object, not " + std::string(json_kind(rest.front())) + '.';
  }
  return std::nullopt;
}

// The bytes that take these members out, each with one comma: the one behind it, or at the end of the object
// the one in front.
std::vector<Span> removals(const std::vector<JsonMember>& members) {
  std::vector<Span> spans;
  std::size_t run_begin = 0;  // of neighbours that are all taken out, the comma in front of them included
  for (const JsonMember& member : members) {
    const bool continues_run =
        !spans.empty() && member.comma_before && *member.comma_before + 1 == spans.back().end();
    if (!continues_run) run_begin = member.comma_before.value_or(member.key.offset);
    if (member.comma_behind) {
      spans.push_back({member.key.offset, *member.comma_behind + 1 - member.key.offset});
      continue;
    }
    while (!spans.empty() && spans.back().offset >= run_begin) spans.pop_back();
    spans.push_back({run_begin, member.value.end() - run_begin});
  }
  return spans;
}

struct IncludeUsage {
  std::vector<Span> values;  // every occurrence
  bool is_true = false;
};

// Precondition: `object` is a valid JSON object.
IncludeUsage find_include_usage(std::string_view object) {
  IncludeUsage found;
  JsonScan scan(object);
  JsonMember member;
  while (scan.next(member)) {
    if (name_of(member.key.of(object)) != "include_usage") continue;
    found.values.push_back(member.value);
    found.is_true = member.value.of(object) == "true";
  }
  return found;
}

// Notes one member if it is one of those that the gateway reads; else what is wrong with it.
std::optional<Error> read_member(std::string_view name, std::string_view value, Span where, Envelope& envelope) {
  if (name == "model") {
    if (value.front() != '"') return wrong_kind(name, "a string", value);
    envelope.model = unquote(value);
    if (!envelope.model) return bad_request("\"model\" holds an escape that is half of a surrogate pair.");
    envelope.model_values.push_back(where);
  } else if (name == "stream") {
    // null means absent, as for every optional field (protocols.md §0.3).
    if (value != "true" && value != "false" && value != "null") return wrong_kind(name, "true or false", value);
    envelope.stream = value == "true";
    envelope.stream_values.push_back(where);
  } else if (name == "stream_options") {
    envelope.include_usage = value.front() == '{' && find_include_usage(value).is_true;
    envelope.stream_options_values.push_back(where);
  } else if (name == "max_tokens" || name == "max_completion_tokens" || name == "max_output_tokens") {
    const std::optional<std::int64_t> number = integer(value);
    if (number) envelope.max_tokens = std::max(*number, envelope.max_tokens.value_or(*number));
  } else if (name == "n") {
    envelope.choices = std::max<std::int64_t>(1, integer(value).value_or(1));
  }
  return std::nullopt;
}

// Inserts `member` behind the opening brace; several of them share one edit, so that the commas come out right.
void insert_member(const Envelope& envelope, const std::string& member, std::vector<Edit>& edits) {
  for (Edit& edit : edits) {
    if (edit.where.offset != envelope.members_begin || edit.where.length != 0) continue;
    edit.text = member + ',' + edit.text;
    return;
  }
  edits.push_back({{envelope.members_begin, 0}, envelope.has_members ? member + ',' : member});
}

}  // namespace

Result<Envelope> read_envelope(std::string_view body) {
  if (std::optional<std::string> sentence = no_object(body)) return bad_request(std::move(*sentence));
  Envelope envelope;
  std::optional<Error> wrong;  // reported only when the syntax is sound to the end
  std::vector<JsonMember> stream_options;
  JsonScan scan(body);
  JsonMember member;
  while (scan.next(member)) {
    envelope.has_members = true;
    std::string_view name = member.key.of(body);
    name = name.substr(1, name.size() - 2);
    const std::string unescaped = name.find('\\') == std::string_view::npos ? "" : name_of(member.key.of(body));
    if (!unescaped.empty()) name = unescaped;
    if (!wrong) wrong = read_member(name, member.value.of(body), member.value, envelope);
    if (name == "stream_options") stream_options.push_back(member);
  }
  if (scan.failed()) return bad_request(scan.message());
  if (wrong) return std::move(*wrong);
  envelope.members_begin = body.find('{') + 1;
  envelope.stream_options_fields = removals(stream_options);
  return envelope;
}

void set_model(const Envelope& envelope, std::string_view name, std::vector<Edit>& edits) {
  const std::string token = quote(name);
  for (const Span& value : envelope.model_values) edits.push_back({value, token});
  if (envelope.model_values.empty()) insert_member(envelope, "\"model\":" + token, edits);
}

void set_stream(const Envelope& envelope, bool wanted, std::vector<Edit>& edits) {
  if (envelope.stream == wanted) return;
  for (const Span& value : envelope.stream_values) edits.push_back({value, wanted ? "true" : "false"});
  if (envelope.stream_values.empty()) insert_member(envelope, "\"stream\":true", edits);
  if (wanted) return;
  for (const Span& field : envelope.stream_options_fields) edits.push_back({field, ""});
}

void ask_for_usage(const Envelope& envelope, std::string_view body, std::vector<Edit>& edits) {
  constexpr std::string_view kAsked = "{\"include_usage\":true}";
  if (envelope.include_usage) return;
  if (envelope.stream_options_values.empty()) {
    return insert_member(envelope, "\"stream_options\":" + std::string(kAsked), edits);
  }
  for (const Span& where : envelope.stream_options_values) {
    const std::string_view value = where.of(body);
    if (value == "null") edits.push_back({where, std::string(kAsked)});
    if (value.front() != '{') continue;  // not what the field must be: the provider's to refuse
    const IncludeUsage found = find_include_usage(value);
    for (const Span& place : found.values) edits.push_back({{where.offset + place.offset, place.length}, "true"});
    if (!found.values.empty()) continue;
    const bool is_empty = value.find('"') == std::string_view::npos;
    edits.push_back({{where.offset + 1, 0}, is_empty ? "\"include_usage\":true" : "\"include_usage\":true,"});
  }
}

std::vector<std::string_view> apply(std::string_view body, std::vector<Edit>& edits) {
  // Of two edits at one place the insertion comes first: what is replaced there stands behind it.
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    return a.where.offset != b.where.offset ? a.where.offset < b.where.offset : a.where.length < b.where.length;
  });
  std::vector<std::string_view> pieces;
  pieces.reserve(edits.size() * 2 + 1);
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.where.offset > at) pieces.push_back(body.substr(at, edit.where.offset - at));
    if (!edit.text.empty()) pieces.push_back(edit.text);
    at = edit.where.end();
  }
  if (at < body.size()) pieces.push_back(body.substr(at));
  return pieces;
}

}  // namespace aigw::protocol
