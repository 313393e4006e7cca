// The parameters of an endpoint's query (`?model=x&limit=5`).
//
// Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/query.h"

namespace aigw::api {

// A parameter that an endpoint knows, and what takes its value.
struct KnownParameter {
  std::string_view name;
  std::function<Status(const http::QueryParameter& given)> read;
};

// Gives each parameter of the query to its reader. Errors: Invalid, for one that is not known or that is there twice;
// and those of the readers.
Status read_parameters(std::string_view query, const std::vector<KnownParameter>& known);

// A whole number from `least` to `most`.
Status read_number(const http::QueryParameter& given, std::uint64_t least, std::uint64_t most, std::uint64_t& number);

// A value as an error message repeats it.
std::string shown(std::string_view value);

}  // namespace aigw::api
