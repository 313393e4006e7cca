// A file of the dashboard, as it is sent.
//
// Pure functions, from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace aigw::api {

struct Asset {
  std::string_view type;  // its Content-Type
  std::string_view gzip;  // its bytes, compressed
  // Weak, since it stands for the compressed and the plain form (RFC 9110 §8.8.1).
  std::string etag;
};

// By its name below web/. Nothing if there is none.
std::optional<Asset> find_asset(std::string_view name);

// The Content-Type for a file's name; `application/octet-stream` if its ending is not known.
std::string_view type_of_file(std::string_view name);

// Whether a client takes gzip (RFC 9110 §12.5.3): the field names it, or `*`, and not with a weight of 0.
bool accepts_gzip(std::string_view accept_encoding);

// Whether a client has this one already (RFC 9110 §13.1.2).
bool has_etag(std::string_view if_none_match, std::string_view etag);

// The answer to a GET: 304 for a client that has the asset, else the asset, compressed if the client takes that.
http::Reply asset_reply(const Asset& asset, const http::Headers& request);

}  // namespace aigw::api
