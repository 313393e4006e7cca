// Where in the text of a configuration a problem is, for editors that jump there.
//
// Values and functions of them; for one thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace aigw::config {

// The places of bytes of a text. Lines end with a line feed, with or without a carriage return before it; columns count
// characters. A byte order mark is none.
class Places {
 public:
  // `text` outlives this object.
  explicit Places(std::string_view text);

  // Goes on from where it was asked last: who asks for rising offsets has the text read once.
  Place at(std::size_t offset);

 private:
  const std::string_view text_;
  std::size_t offset_ = 0;  // of place_
  Place place_;
};

// Fills in the places of those that have none. A problem of a value that is not there is at what it is missing in; of a
// name that is written twice the second one counts.
void find_places(std::string_view text, std::vector<Problem>& problems);

}  // namespace aigw::config
