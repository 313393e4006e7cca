#include "http/query.h"

#include <algorithm>

#include "base/text.h"
#include "http/request_head.h"

namespace aigw::http {

std::vector<QueryParameter> parse_query(std::string_view query) {
  std::vector<QueryParameter> parameters;
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t name_end = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(name_end + 1, pair.size()));
    parameters.push_back({percent_decoded(pair.substr(0, name_end)), percent_decoded(value)});
  }
  return parameters;
}

}  // namespace aigw::http
