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

// Whether the name under which we are asked (`Host`) may be that of a foreign page: such a page can make a name of its
// own resolve to this address (DNS rebinding), but no address, and none that only exists here.
bool has_foreign_name(const config::Global& config, const http::Headers& headers);

// The cookie of who is logged in at the dashboard.
inline constexpr std::string_view kSessionCookie = "aigw_session";
// Its value, or "".
std::string_view session_of(const http::Headers& headers);

// Whether a browser says that a page of this server itself makes the request: `Sec-Fetch-Site` (W3C Fetch Metadata) or,
// from browsers that don't send it (to a plain http:// address none does), an `Origin` with our host.
bool is_own_page(const http::Headers& headers);

// Whether a request may be taken for the one whose cookie it carries: browsers send cookies whoever has asked them to.
// What changes something must come from a page of ours; what only reads must not come from a foreign one.
bool may_use_cookie(const http::Request& request);

// Whether the client came by https, as one of the `trusted` proxies in front says.
bool came_by_https(const std::vector<IpBlock>& trusted, const http::Request& request);

// Where the request came from: the connection's other end, or, where that is one of `trusted`, the last address in
// `X-Forwarded-For` that is not.
std::string client_address(const std::vector<IpBlock>& trusted, const http::Request& request);

// The value for `Access-Control-Allow-Origin`, or "" if the request's origin is not allowed.
std::string_view allowed_origin(const config::Global& config, const http::Headers& headers);

}  // namespace aigw::gateway
