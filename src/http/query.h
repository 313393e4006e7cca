// The query of a request: `name=value` pairs behind the `?` of its target.
//
// Pure function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aigw::http {

struct QueryParameter {
  std::string name;
  std::string value;  // empty also where there is no `=`
  bool operator==(const QueryParameter&) const = default;
};

// In the order they came, percent-decoded; empty pairs (`a=1&&b=2`) are left out. A `+` stays one (RFC 3986): a form
// would mean a blank by it, people who type a time mean its offset.
std::vector<QueryParameter> parse_query(std::string_view query);

}  // namespace aigw::http
