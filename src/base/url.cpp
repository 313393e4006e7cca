#include "base/url.h"

#include <algorithm>
#include <utility>

#include "base/address.h"
#include "base/text.h"

namespace aigw {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr std::size_t kHostBytesMax = 253;   // RFC 1035 section 2.3.4, without the root's dot
constexpr std::size_t kLabelBytesMax = 63;

// Underscores are no part of RFC 1123 host names, but container networks use them.
bool is_host_char(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; }

bool is_numeric(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool is_host_name(std::string_view host) {
  if (host.size() > kHostBytesMax || !std::all_of(host.begin(), host.end(), is_host_char)) return false;
  if (host.back() == '.') host.remove_suffix(1);
  for (const std::string_view label : split(host, '.')) {
    if (label.empty() || label.size() > kLabelBytesMax) return false;
  }
  return !is_numeric(host) || is_ip_address(host);
}

Status read_port(std::string_view text, Url& url) {
  const auto port = parse_uint(text);
  if (!port || *port < 1 || *port > 65535) return invalid("the port must be a number from 1 to 65535");
  url.port = static_cast<int>(*port);
  return Done{};
}

Status read_authority(std::string_view text, Url& url) {
  if (contains(text, "@")) return invalid("a URL must not contain a user name or password");
  std::string_view host;
  std::string_view rest;
  if (starts_with(text, "[")) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return invalid("the IPv6 address has no closing bracket");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!contains(host, ":") || !is_ip_address(host)) return invalid("the text in brackets is not an IPv6 address");
    if (!rest.empty() && rest.front() != ':') return invalid("after an IPv6 address only a port may follow");
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (contains(rest.substr(rest.empty() ? 0 : 1), ":")) return invalid("an IPv6 address must stand in brackets");
    if (host.empty()) return invalid("the host name is missing");
    if (!is_host_name(host)) return invalid("the host is not a valid host name or IP address");
  }
  url.host = lower(host);
  if (rest.empty()) return Done{};
  return read_port(rest.substr(1), url);
}

// pchar of RFC 3986 section 3.3 and the slash between segments.
bool is_path(std::string_view path) {
  constexpr std::string_view kAllowed = "/-._~!$&'()*+,;=:@";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      if (i + 2 >= path.size() || !is_hex_digit(path[i + 1]) || !is_hex_digit(path[i + 2])) return false;
      i += 2;
    } else if (!is_alphanumeric(path[i]) && kAllowed.find(path[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Url::authority() const {
  std::string result = contains(host, ":") ? "[" + host + "]" : host;
  if (port != (tls ? kHttpsPort : kHttpPort)) result += ":" + std::to_string(port);
  return result;
}

std::string Url::text() const { return (tls ? "https://" : "http://") + authority() + path; }

Result<Url> parse_url(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  const std::string scheme = lower(text.substr(0, scheme_end));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return invalid("a URL must begin with http:// or https://");
  }
  Url url;
  url.tls = scheme == "https";
  url.port = url.tls ? kHttpsPort : kHttpPort;

  const std::string_view rest = text.substr(scheme_end + 3);
  if (contains(rest, "?")) return invalid("a URL must not contain a query (?...)");
  if (contains(rest, "#")) return invalid("a URL must not contain a fragment (#...)");
  const std::size_t path_begin = std::min(rest.find('/'), rest.size());
  if (const Status status = read_authority(rest.substr(0, path_begin), url); !status) return status.error();

  std::string_view path = rest.substr(path_begin);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (!is_path(path)) return invalid("the path contains a character that a URL must not have");
  url.path = std::string(path);
  return url;
}

Result<UrlWithQuery> parse_url_with_query(std::string_view text) {
  const std::size_t query = std::min(text.find('?'), text.size());
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(query), text.end(), is_visible)) {
    return invalid("the query contains a character that a URL must not have");
  }
  const std::string_view address = text.substr(0, query);
  Result<Url> server = parse_url(address);
  if (!server) return server.error();
  const std::size_t path = address.find('/', address.find("://") + 3);
  std::string target(path == std::string_view::npos ? "/" : address.substr(path));
  target += text.substr(query);
  return UrlWithQuery{std::move(*server), std::move(target)};
}

}  // namespace aigw
