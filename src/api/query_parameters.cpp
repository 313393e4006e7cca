#include "api/query_parameters.h"

#include <algorithm>

#include "base/text.h"

namespace aigw::api {
namespace {

// `a, b and c`.
std::string listed(const std::vector<KnownParameter>& known) {
  std::string names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) names += i + 1 == known.size() ? " and " : ", ";
    names += known[i].name;
  }
  return names;
}

}  // namespace

Status read_parameters(std::string_view query, const std::vector<KnownParameter>& known) {
  std::vector<std::string> seen;
  for (const http::QueryParameter& given : http::parse_query(query)) {
    if (std::find(seen.begin(), seen.end(), given.name) != seen.end()) return invalid(given.name + " is there twice.");
    seen.push_back(given.name);
    const auto parameter = std::find_if(known.begin(), known.end(),
                                        [&](const KnownParameter& one) { return one.name == given.name; });
    if (parameter == known.end()) {
      return invalid("There is no parameter " + shown(given.name) + ", only " + listed(known) + ".");
    }
    if (Status status = parameter->read(given); !status) return status;
  }
  return Done{};
}

Status read_number(const http::QueryParameter& given, std::uint64_t least, std::uint64_t most, std::uint64_t& number) {
  const auto parsed = parse_uint(given.value);
  if (!parsed || *parsed < least || *parsed > most) {
    return invalid(given.name + " can't be " + shown(given.value) + ": expected a whole number from " +
                   std::to_string(least) + " to " + std::to_string(most) + ".");
  }
  number = *parsed;
  return Done{};
}

std::string shown(std::string_view value) { return "\"" + shorten(escape_control(value), 100) + "\""; }

}  // namespace aigw::api
