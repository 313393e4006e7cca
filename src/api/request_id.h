// The id by which a request is found in the log: the client's own where it is one, else a new one.
#pragma once

#include <string>

#include "http/message.h"

namespace aigw::api {

// The client's `X-Request-Id` if it has 1 to 128 letters, digits or `-_.:`, so that it is safe in logs and headers;
// else `req_` and 24 random hexadecimal digits.
std::string request_id(const http::Headers& headers);

}  // namespace aigw::api
