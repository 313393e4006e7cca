#include "gateway/access.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace aigw::gateway {
namespace {

std::string_view bearer_of(const http::Headers& headers) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = trim(headers.get("Authorization"));
  if (!iequals(authorization.substr(0, kBearer.size()), kBearer)) return "";
  return trim(authorization.substr(kBearer.size()));
}

}  // namespace

std::string_view credential_of(const http::Headers& headers, bool is_anthropic) {
  const std::string_view bearer = bearer_of(headers);
  const std::string_view api_key = trim(headers.get("api-key"));
  const std::string_view x_api_key = trim(headers.get("x-api-key"));
  const std::array<std::string_view, 3> order =
      is_anthropic ? std::array{x_api_key, bearer, api_key} : std::array{bearer, api_key, x_api_key};
  const auto first = std::find_if(order.begin(), order.end(), [](std::string_view key) { return !key.empty(); });
  return first == order.end() ? "" : *first;
}

bool is_foreign_page(const config::Global& config, const http::Headers& headers) {
  const std::string_view origin = headers.get("Origin");
  if (origin.empty()) return false;
  // `*` lets every page use the gateway, not change it.
  const std::string_view allowed = allowed_origin(config, headers);
  if (!allowed.empty() && allowed != "*") return false;
  const std::size_t scheme = origin.find("://");
  const std::string_view host = headers.get("Host");
  if (host.empty() || scheme == std::string_view::npos || !iequals(origin.substr(scheme + 3), host)) return true;
  return has_foreign_name(config, headers);
}

bool has_foreign_name(const config::Global& config, const http::Headers& headers) {
  const std::string_view host = headers.get("Host");
  if (host.empty()) return false;  // no browser leaves it out
  const std::string_view name = host.substr(0, host[0] == '[' ? host.find(']') + 1 : host.find(':'));
  const bool is_literal = is_ip_address(name) || starts_with(name, "[");
  return !is_literal && !is_local_host(lower(name)) && !iequals(name, config.host);
}

std::string_view session_of(const http::Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!iequals(name, "Cookie")) continue;
    for (const std::string_view pair : split(value, ';')) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != kSessionCookie) continue;
      return trim(pair.substr(equals + 1));
    }
  }
  return "";
}

bool is_own_page(const http::Headers& headers) {
  const std::string_view site = headers.get("Sec-Fetch-Site");
  if (!site.empty()) return site == "same-origin";
  const std::string_view origin = headers.get("Origin");
  const std::string_view host = headers.get("Host");
  const std::size_t scheme = origin.find("://");
  return !host.empty() && scheme != std::string_view::npos && iequals(origin.substr(scheme + 3), host);
}

bool may_use_cookie(const http::Request& request) {
  const bool only_reads = request.method == "GET" || request.method == "HEAD";
  return only_reads ? request.headers.get("Sec-Fetch-Site") != "cross-site" : is_own_page(request.headers);
}

bool came_by_https(const std::vector<IpBlock>& trusted, const http::Request& request) {
  const bool is_proxy = std::any_of(trusted.begin(), trusted.end(),
                                    [&](const IpBlock& block) { return block.contains(request.client_address); });
  // The last proxy, which is the one that we trust, adds to the end of a list.
  const std::vector<std::string_view> hops = split(request.headers.get("X-Forwarded-Proto"), ',');
  return is_proxy && !hops.empty() && iequals(trim(hops.back()), "https");
}

std::string client_address(const std::vector<IpBlock>& trusted, const http::Request& request) {
  const auto is_trusted = [&](std::string_view address) {
    return std::any_of(trusted.begin(), trusted.end(), [&](const IpBlock& block) { return block.contains(address); });
  };
  std::string_view client = request.client_address;
  std::vector<std::string_view> hops;  // proxies add to the last field line, or add one (RFC 9110 §5.3)
  for (const auto& [name, value] : request.headers) {
    if (!iequals(name, "X-Forwarded-For")) continue;
    for (const std::string_view hop : split(value, ',')) hops.push_back(hop);
  }
  for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted(client); ++hop) {
    if (!is_ip_address(trim(*hop))) break;  // what stands before it may be anybody's invention
    client = trim(*hop);
  }
  return std::string(client);
}

std::string_view allowed_origin(const config::Global& config, const http::Headers& headers) {
  const std::string_view origin = headers.get("Origin");
  if (origin.empty()) return {};
  for (const std::string& allowed : config.cors_origins) {
    if (allowed == "*") return "*";
    if (iequals(allowed, origin)) return origin;
  }
  return {};
}

}  // namespace aigw::gateway
