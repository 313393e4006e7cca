#include "config/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <variant>

#include "base/text.h"

namespace aigw::config {
namespace {

std::string text_of(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return std::string(buffer.data(), end);
}

std::string kind_of(const Node& node) {
  constexpr std::array<const char*, std::variant_size_v<decltype(Node::value)>> kKinds = {
      "null", "a boolean", "a number", "a number", "a string", "an array", "an object"};
  return kKinds[node.value.index()];
}

// Shows numbers, which are no secrets where a number is expected, but never texts.
std::string shown(const Node& node) {
  if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&node.value)) return text_of(*number);
  return kind_of(node);
}

// A number in billionths, if it has no more than nine decimals and is no further from 0 than money can be.
std::optional<std::int64_t> as_billionths(const Node& node) {
  if (node.number.empty()) return std::nullopt;
  const Result<NanoDollars> billionths = parse_dollars(node.number);
  return billionths ? std::optional(*billionths) : std::nullopt;
}

// A number as it is written: it may be refused for a digit that a double does not have.
std::string shown_exactly(const Node& node) { return node.number.empty() ? kind_of(node) : shorten(node.number, 40); }

std::optional<double> as_number(const Node& node) {
  if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&node.value)) return *number;
  return std::nullopt;
}

// `5.0` is a whole number, as it is for JSON Schema.
std::optional<std::int64_t> as_integer(const Node& node) {
  constexpr double kExactMax = 9007199254740992.0;  // 2^53
  if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return *whole;
  const auto* number = std::get_if<double>(&node.value);
  if (number == nullptr || std::abs(*number) > kExactMax || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::string range_text(const std::string& what, const std::string& min, const std::string& max) {
  return what + (max.empty() ? " of at least " + min : " from " + min + " to " + max);
}

}  // namespace

std::optional<std::string> reason_of(const Lacking& lacking) {
  std::string reasons;
  std::set<std::string> told;
  for (const auto& [field, reason] : lacking) {
    if (told.insert(reason).second) reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  return reasons.empty() ? std::nullopt : std::optional(reasons);
}

Value Value::noting(Lacking& lacking) const {
  Value result = *this;
  result.lacking_ = &lacking;
  result.noted_from_ = path_.size();
  return result;
}

Value Value::strict() const {
  Value result = *this;
  result.lacking_ = nullptr;
  return result;
}

Value Value::reporting_to(Report& report) const {
  Value result = *this;
  result.report_ = &report;
  return result;
}

Value Value::below(const Node& node, std::string path) const {
  Value result = *this;
  result.node_ = &node;
  result.path_ = std::move(path);
  return result;
}

void Value::refuse(std::string message) const { report_->problems.push_back({path_, std::move(message)}); }

void Value::expected(const std::string& what, const std::string& got) const {
  refuse("expected " + what + ", got " + got);
}

bool Value::is_null() const { return std::holds_alternative<std::nullptr_t>(node_->value); }

bool Value::is_array() const { return std::holds_alternative<Node::Array>(node_->value); }

std::optional<bool> Value::boolean() const {
  if (const auto* value = std::get_if<bool>(&node_->value)) return *value;
  expected("true or false", kind_of(*node_));
  return std::nullopt;
}

std::optional<std::int64_t> Value::integer(std::int64_t min, std::int64_t max) const {
  const auto value = as_integer(*node_);
  if (value && *value >= min && *value <= max) return value;
  const bool open_end = max == std::numeric_limits<std::int64_t>::max();
  expected(range_text("a whole number", std::to_string(min), open_end ? "" : std::to_string(max)), shown(*node_));
  return std::nullopt;
}

std::optional<double> Value::number(double min, double max) const {
  const auto value = as_number(*node_);
  if (value && *value >= min && *value <= max) return value;
  expected(range_text("a number", text_of(min), text_of(max)), shown(*node_));
  return std::nullopt;
}

std::optional<Millis> Value::seconds(Millis min, Millis max) const {
  const auto value = as_number(*node_);
  if (value && *value >= seconds_of(min) && *value <= seconds_of(max)) {
    return Millis{static_cast<std::int64_t>(std::llround(*value * 1000))};
  }
  expected(range_text("a number of seconds", text_of(seconds_of(min)), text_of(seconds_of(max))), shown(*node_));
  return std::nullopt;
}

std::optional<NanoDollars> Value::dollars(NanoDollars min, NanoDollars max) const {
  const auto value = as_billionths(*node_);
  if (value && *value >= min && *value <= max) return value;
  const std::string range = range_text("a number of dollars", format_dollars(min), format_dollars(max));
  expected(range + " with at most nine decimals", shown_exactly(*node_));
  return std::nullopt;
}

std::optional<std::int64_t> Value::millionths(int min, int max) const {
  constexpr std::int64_t kBillion = 1'000'000'000;
  const auto value = as_billionths(*node_);
  if (value && *value % 1000 == 0 && *value >= min * kBillion && *value <= max * kBillion) return *value / 1000;
  const std::string range = range_text("a number", std::to_string(min), std::to_string(max));
  expected(range + " with at most six decimals", shown_exactly(*node_));
  return std::nullopt;
}

std::optional<Text> Value::text() const {
  const auto* written = std::get_if<std::string>(&node_->value);
  if (written == nullptr) {
    expected("a string", kind_of(*node_));
    return std::nullopt;
  }
  const std::string noted_as = lower(path_.substr(noted_from_));
  if (lacking_ != nullptr) lacking_->erase(noted_as);
  if (!report_->environment) return Text{*written, *written};
  const Result<Filled> filled = fill_in(*written, report_->environment);
  if (!filled) {
    refuse(filled.error().detail);
    return std::nullopt;
  }
  if (filled->lacking.empty()) return Text{filled->text, *written};
  if (lacking_ != nullptr) {
    lacking_->emplace(noted_as, filled->lacking);
  } else {
    refuse(filled->lacking);
  }
  return std::nullopt;
}

std::optional<std::string> Value::literal() const {
  if (const auto* written = std::get_if<std::string>(&node_->value)) return *written;
  expected("a string", kind_of(*node_));
  return std::nullopt;
}

std::string Value::json() const { return json_of(*node_); }

std::optional<std::vector<Value>> Value::elements() const {
  const auto* array = std::get_if<Node::Array>(&node_->value);
  if (array == nullptr) {
    expected("an array", kind_of(*node_));
    return std::nullopt;
  }
  std::vector<Value> result;
  for (std::size_t i = 0; i < array->size(); ++i) result.push_back(below((*array)[i], element_path(path_, i)));
  return result;
}

std::optional<std::vector<Value>> Value::one_or_more() const {
  if (std::holds_alternative<Node::Array>(node_->value)) return elements();
  if (std::holds_alternative<Node::Object>(node_->value)) return std::vector<Value>{*this};
  expected("an object or an array of objects", kind_of(*node_));
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, Value>>> Value::members() const {
  const auto* object = std::get_if<Node::Object>(&node_->value);
  if (object == nullptr) {
    expected("an object", kind_of(*node_));
    return std::nullopt;
  }
  std::vector<std::pair<std::string, Value>> result;
  for (const Member& member : *object) {
    result.emplace_back(member.name, below(member.value, member_path(path_, member.name)));
  }
  return result;
}

}  // namespace aigw::config
