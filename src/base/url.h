// The address of an HTTP server, as it stands in the configuration (RFC 3986, the part of it that we take).
//
// Refused, because in a base URL each of them is a mistake: user names and passwords, a query, a fragment,
// blanks and control characters. Error texts never repeat the URL: it may hold a credential.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aigw {

struct Url {
  bool tls = false;   // https
  std::string host;   // lower case; an IPv6 address stands without its brackets
  int port = 0;       // 1..65535; 80 or 443 if the text names none
  std::string path;   // begins with `/` and does not end with one; empty if there is none

  // For the `Host` header: IPv6 in brackets, the port only if it is not the scheme's own.
  std::string authority() const;
  // `https://api.example.com/v1`: one spelling for all texts that mean the same address.
  std::string text() const;

  bool operator==(const Url&) const = default;
};

Result<Url> parse_url(std::string_view text);

// The address of one thing on a server, which may have a query, and where a slash at the path's end counts.
struct UrlWithQuery {
  Url server;
  std::string target;  // path and query, as a request's first line has them: `/a/?b=c`; at least `/`
};

Result<UrlWithQuery> parse_url_with_query(std::string_view text);

}  // namespace aigw
