// Where in the text of a configuration a problem is, for editors that jump there.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace aigw::config {

// `offset` is a byte of `text`. Lines end with a line feed, with or without a carriage return before it; columns count
// characters. A byte order mark is none.
Place place_at(std::string_view text, std::size_t offset);

// Fills in the places of those that have none. A problem of a value that is not there is at what it is missing in; of a
// name that is written twice the second one counts.
void find_places(std::string_view text, std::vector<Problem>& problems);

}  // namespace aigw::config
