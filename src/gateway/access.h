// What the head of a request says of its sender: credential, address, origin.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "config/config.h"
#include "http/message.h"

namespace aigw::gateway {

// The credential of a request, the first that is present: for Messages' endpoints `x-api-key`, then `Authorization:
// Bearer`, then `api-key`; for others `Authorization: Bearer`, then `api-key`, then `x-api-key` (protocols.md §1.1). "" if none.
std::string_view credential_of(const http::Headers& headers, bool is_anthropic);

// Whether a request that changes something may have been made by a foreign web page in the user's browser, which
// needs no key if none is configured: it carries an `Origin` that is neither this server's own nor allowed.
bool is_foreign_page(const config::Global& config, const http::Headers& headers);

// Where the request came from: the connection's other end, or, where that is one of `trusted`, the last address in
// `X-Forwarded-For` that is not.
std::string client_address(const std::vector<IpBlock>& trusted, const http::Request& request);

// The value for `Access-Control-Allow-Origin`, or "" if the request's origin is not allowed.
std::string_view allowed_origin(const config::Global& config, const http::Headers& headers);

}  // namespace aigw::gateway
