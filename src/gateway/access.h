// Who may call: the key that a request brings, compared with those of the config.
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

// The name of the key that lets the request use the inference endpoints: `api_key` or `admin_key`, `-` where none is
// needed; nothing if it may not. Takes constant time for the comparison.
std::optional<std::string_view> user_key(const config::Global& config, const http::Headers& headers,
                                         bool is_anthropic);

// Whether the request may use `/admin`: the admin_key if there is one, else as user_key.
bool may_administer(const config::Global& config, const http::Headers& headers);

// Whether a request that changes something may have been made by a foreign web page in the user's browser, which
// needs no key if none is configured: it carries an `Origin` that is neither this server's own nor allowed.
bool is_foreign_page(const config::Global& config, const http::Headers& headers);

// Where the request came from: the connection's other end, or, where that is one of `trusted`, the last address in
// `X-Forwarded-For` that is not.
std::string client_address(const std::vector<IpBlock>& trusted, const http::Request& request);

// The value for `Access-Control-Allow-Origin`, or "" if the request's origin is not allowed.
std::string_view allowed_origin(const config::Global& config, const http::Headers& headers);

}  // namespace aigw::gateway
