// One value of the file on its way into a struct: it knows its path, checks its type and range, fills in
// variables, and reports what is wrong. Every reading function gives nothing after it has reported.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "config/document.h"
#include "config/environment.h"
#include "config/problem.h"

namespace aigw::config {

// What one load has found so far. The environment outlives it; an empty one (`Environment{}`) is for texts that others
// send while the gateway runs: `${` means nothing in them, so that nobody reads its variables.
struct Report {
  const Environment& environment;
  std::vector<Problem> problems;
  std::vector<std::string> warnings;
};

// Texts whose variable is not set: the path below the provider, in lower case, and the reason. In lower case
// since header names are the same in any case.
using Lacking = std::map<std::string, std::string>;

// All the reasons, each once; nothing if there are none.
std::optional<std::string> reason_of(const Lacking& lacking);

struct Text {
  std::string value;    // with variables filled in: never for a message, it may hold a credential
  std::string written;  // as it stands in the file
  bool filled() const { return value != written; }
};

// A copyable view; node, report and the place for what lacks outlive it.
class Value {
 public:
  Value(const Node& node, std::string path, Report& report) : node_(&node), path_(std::move(path)), report_(&report) {}

  // From here on downwards a variable that is not set is noted in `lacking` instead of being a problem.
  Value noting(Lacking& lacking) const;
  // Takes that back.
  Value strict() const;
  // The same value for a look ahead, whose findings are not the load's.
  Value reporting_to(Report& report) const;

  const std::string& path() const { return path_; }
  void refuse(std::string message) const;

  bool is_null() const;
  bool is_array() const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer(std::int64_t min, std::int64_t max) const;
  std::optional<double> number(double min, double max) const;
  std::optional<Millis> seconds(Millis min, Millis max) const;
  // Exactly what is written, not what a double makes of it.
  std::optional<NanoDollars> dollars(NanoDollars min, NanoDollars max) const;
  // The same for a number with up to six decimals, in millionths; `min` and `max` are in ones.
  std::optional<std::int64_t> millionths(int min, int max) const;
  // Nothing, and no problem, also for a text that was noted as lacking.
  std::optional<Text> text() const;
  // A text in which `${` means nothing.
  std::optional<std::string> literal() const;
  // Any value, as compact JSON with its numbers as written; `${` means nothing in it.
  std::string json() const;
  std::optional<std::vector<Value>> elements() const;
  // Of an array its elements, of an object itself.
  std::optional<std::vector<Value>> one_or_more() const;
  std::optional<std::vector<std::pair<std::string, Value>>> members() const;

 private:
  Value below(const Node& node, std::string path) const;
  void expected(const std::string& what, const std::string& got) const;

  const Node* node_;
  std::string path_;
  Report* report_;
  Lacking* lacking_ = nullptr;
  std::size_t noted_from_ = 0;  // how much of the path stands above the place of noting
};

}  // namespace aigw::config
