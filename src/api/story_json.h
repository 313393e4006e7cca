// Stories of exchanges as /admin/requests and the dashboard show them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "observe/story.h"

namespace aigw::api {

// One line of a list.
nlohmann::ordered_json summary_json(const observe::Story& story);

// All that is known of it.
nlohmann::ordered_json story_json(const observe::Story& story);

}  // namespace aigw::api
