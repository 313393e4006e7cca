#include "observe/exposition.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/money.h"
#include "base/text.h"

namespace aigw::observe {
namespace {

constexpr std::size_t kReserve = 64 * 1024;

const char* word(Exposition::Type type, Format format) {
  switch (type) {
    case Exposition::Type::Counter: return "counter";
    case Exposition::Type::Gauge: return "gauge";
    case Exposition::Type::Histogram: return "histogram";
    case Exposition::Type::Info: return format == Format::OpenMetrics ? "info" : "gauge";
  }
  return "gauge";
}

// What stands behind the family's name in each of its samples.
std::string_view suffix_of(Exposition::Type type) {
  if (type == Exposition::Type::Counter) return "_total";
  return type == Exposition::Type::Info ? "_info" : "";
}

void append_escaped(std::string& text, std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) text += '\\';
    text += c;
  }
}

// Whole numbers get a fraction: bounds are compared as text, and both formats should give the same (OpenMetrics,
// "Considerations: Canonical Numbers").
std::string bound_text(const std::string& number) {
  return number.find('.') == std::string::npos ? number + ".0" : number;
}

}  // namespace

std::string billionths_text(std::int64_t value) { return format_dollars(value); }

const char* content_type(Format format) {
  return format == Format::OpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

Labels& Labels::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  if (!text_.empty()) text_ += ',';
  text_.append(name).append("=\"");
  append_escaped(text_, value, true);
  text_ += '"';
  return *this;
}

Exposition::Exposition(Format format) : format_(format) { text_.reserve(kReserve); }

void Exposition::family(const Family& family) {
  family_ = family;
  const bool is_open = format_ == Format::OpenMetrics;
  const std::string name = std::string(family.name) + std::string(is_open ? "" : suffix_of(family.type));
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, family.help, is_open);
  text_.append("\n# TYPE ").append(name).append(" ").append(word(family.type, format_)).append("\n");
  if (!is_open || family.unit.empty()) return;
  text_.append("# UNIT ").append(name).append(" ").append(family.unit).append("\n");
}

void Exposition::whole(const Labels& labels, std::int64_t value) {
  begin_sample(suffix_of(family_.type), labels.text());
  text_.append(std::to_string(value)).append("\n");
}

void Exposition::billionths(const Labels& labels, std::int64_t value) {
  begin_sample(suffix_of(family_.type), labels.text());
  text_.append(billionths_text(value)).append("\n");
}

void Exposition::histogram(const Labels& labels, const Histogram& histogram) {
  const Histogram::Bounds bounds = histogram.bounds();
  const std::int64_t sum = histogram.sum();
  std::array<std::uint64_t, Histogram::kBoundsMax + 1> up_to{};  // what is below each bound, read once
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) up_to[i] = count += histogram.bucket(i);
  if (count == 0) return;
  const std::string separator = labels.text().empty() ? "" : ",";
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    const std::string bound = i < bounds.size() ? bound_text(number(bounds[i])) : "+Inf";
    begin_sample("_bucket", labels.text() + separator + "le=\"" + bound + "\"");
    text_.append(std::to_string(up_to[i])).append("\n");
  }
  begin_sample("_sum", labels.text());
  text_.append(number(sum)).append("\n");
  begin_sample("_count", labels.text());
  text_.append(std::to_string(count)).append("\n");
}

std::string Exposition::finish() {
  if (format_ == Format::OpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

void Exposition::begin_sample(std::string_view suffix, const std::string& labels) {
  text_.append(family_.name).append(suffix);
  if (!labels.empty()) text_.append("{").append(labels).append("}");
  text_ += ' ';
}

std::string Exposition::number(std::int64_t value) const {
  return family_.unit.empty() ? std::to_string(value) : billionths_text(value);
}

// ---- content negotiation ----------------------------------------------------------------------------

namespace {

// One range of an Accept field.
struct Range {
  std::string type;     // lower case
  std::string version;  // empty: any
  int thousandths = 1'000;
};

// `q=0.75` as 750 (RFC 9110 §12.4.2); what is no weight is 0.
int thousandths_of(std::string_view weight) {
  if (weight.empty() || weight.size() > 5 || (weight[0] != '0' && weight[0] != '1')) return 0;
  if (weight.size() > 1 && weight[1] != '.') return 0;
  int value = (weight[0] - '0') * 1'000;
  int place = 100;
  for (const char digit : weight.substr(weight.size() < 2 ? 1 : 2)) {
    if (!is_digit(digit)) return 0;
    value += (digit - '0') * place;
    place /= 10;
  }
  return value <= 1'000 ? value : 0;
}

Range parse_range(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ';');
  Range range;
  range.type = lower(trim(parts.front()));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = trim(parts[i]);
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = lower(trim(part.substr(0, equals)));
    std::string_view value = trim(part.substr(std::min(equals + 1, part.size())));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (name == "version") range.version = value;
    if (name == "q") range.thousandths = thousandths_of(value);
  }
  return range;
}

}  // namespace

Format format_for(std::string_view accept) {
  int open = 0;
  int text = 0;
  int precision = 0;  // of the range that decides about text: */* < text/* < text/plain
  for (const std::string_view part : split(accept, ',')) {
    const Range range = parse_range(part);
    if (range.type == "application/openmetrics-text" && (range.version.empty() || range.version == "1.0.0")) {
      open = std::max(open, range.thousandths);
    }
    const bool other_version = !range.version.empty() && range.version != "0.0.4";
    const int exact = range.type == "text/plain" && !other_version ? 3
                      : range.type == "text/*"                     ? 2
                      : range.type == "*/*"                        ? 1
                                                                   : 0;
    if (exact == 0 || exact < precision) continue;
    text = exact == precision ? std::max(text, range.thousandths) : range.thousandths;
    precision = exact;
  }
  return open > 0 && open >= text ? Format::OpenMetrics : Format::Text;
}

}  // namespace aigw::observe
