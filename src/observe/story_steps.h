// The story of an exchange as people read it: one line a step, in the order of time.
//
// A pure function.
#pragma once

#include <string>
#include <vector>

#include "observe/story.h"

namespace aigw::observe {

struct Step {
  Offset at{0};
  const char* name;  // `arrived`, `authenticated`, `understood`, `routed`, `allowed`, `chosen`, `asked`, `head`,
                     // `first_token`, `attempt_ended`, `waited`, `ended`
  std::string text;
};

std::vector<Step> steps_of(const Story& story);

}  // namespace aigw::observe
