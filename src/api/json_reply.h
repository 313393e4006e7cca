// Replies with JSON that the gateway itself has made.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/message.h"

namespace aigw::api {

// Indented, for people; what is no UTF-8 in it (names in the config may hold any bytes) is replaced.
http::Reply json_reply(int status, const nlohmann::ordered_json& body);

}  // namespace aigw::api
