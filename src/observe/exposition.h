// Writes metrics as text, in one of the two forms in which Prometheus reads them:
//   text          Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats, read 2026-11-21)
//   OpenMetrics   1.0.0 (prometheus.io/docs/specs/om/open_metrics_spec): a counter's family is called without `_total`,
//                 units are told, and the end is marked
//
// A writer belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/histogram.h"

namespace aigw::observe {

enum class Format { Text, OpenMetrics };

// The form that an Accept field asks for (RFC 9110 §12.5.1): OpenMetrics where it is named and wanted no less than
// plain text, else text, which is also what those get who want neither.
Format format_for(std::string_view accept);
const char* content_type(Format format);

// `model="gpt-4",provider="a"`; values escaped. Those that are empty are left out: they mean the same.
class Labels {
 public:
  Labels() = default;
  Labels& add(std::string_view name, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Exposition {
 public:
  enum class Type { Counter, Gauge, Histogram, Info };

  struct Family {
    std::string_view name;  // with its unit, without `_total` and `_info`
    Type type;
    std::string_view unit;  // `seconds`, …; empty: none
    std::string_view help;
  };

  explicit Exposition(Format format);

  // The samples of a family follow it. No two families have the same name, no two samples of a family the same labels.
  void family(const Family& family);
  void whole(const Labels& labels, std::int64_t value);
  void count(const Labels& labels, std::uint64_t value) { whole(labels, static_cast<std::int64_t>(value)); }
  // Billionths: nanoseconds as seconds, nano-dollars as dollars.
  void billionths(const Labels& labels, std::int64_t value);
  // Of nanoseconds (a family in seconds) or of whole numbers (one without a unit). Nothing if nothing was recorded.
  void histogram(const Labels& labels, const Histogram& histogram);

  // The whole text. Ends the writing.
  std::string finish();

 private:
  void begin_sample(std::string_view suffix, const std::string& labels);
  std::string number(std::int64_t value) const;

  const Format format_;
  std::string text_;
  Family family_{};
};

// `0.25` for 250,000,000 billionths; exact.
std::string billionths_text(std::int64_t value);

}  // namespace aigw::observe
