#include "api/asset.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "api/embedded_file.h"
#include "base/text.h"
#include "http/decompress.h"

namespace aigw::api {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"}, {".svg", "image/svg+xml"},
    {".ico", "image/x-icon"}, {".png", "image/png"},
    {".woff2", "font/woff2"}, {".webmanifest", "application/manifest+json"},
};

// A page that shows what others have sent (names of models, errors of providers) runs no script but its own, whatever
// stands there.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// `W/` makes no difference for what is asked here.
std::string_view opaque(std::string_view etag) {
  etag = trim(etag);
  return starts_with(etag, "W/") ? etag.substr(2) : etag;
}

// A weight is `q=0`, `q=0.5`, …; what is no number is taken for one that is not 0.
bool is_refused(std::string_view parameters) {
  for (const std::string_view part : split(parameters, ';')) {
    const std::string_view weight = trim(part);
    if (starts_with(lower(weight), "q=")) return weight.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

// For the rare client that can't. What the build has compressed is sound.
std::string unzipped(std::string_view gzip) {
  std::string plain;
  const auto source = [&](char* data, std::size_t size) {
    const std::size_t count = gzip.copy(data, size);
    gzip.remove_prefix(count);
    return static_cast<ssize_t>(count);
  };
  const auto sink = [&](std::string_view piece) {
    plain += piece;
    return true;
  };
  return http::decompress("gzip", source, sink) ? plain : "";
}

}  // namespace

std::optional<Asset> find_asset(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name != name) continue;
    return Asset{type_of_file(name), {reinterpret_cast<const char*>(file.gzip), file.gzip_bytes},
                 "W/\"" + std::string(file.sha256.substr(0, 20)) + "\""};
  }
  return std::nullopt;
}

std::string_view type_of_file(std::string_view name) {
  for (const auto& [ending, type] : kTypes) {
    if (ends_with(name, ending)) return type;
  }
  return "application/octet-stream";
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool accepted = false;
  for (const std::string_view part : split(accept_encoding, ',')) {
    const std::size_t end = std::min(part.find(';'), part.size());
    const std::string_view coding = trim(part.substr(0, end));
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return !is_refused(part.substr(end));
    if (coding == "*") accepted = !is_refused(part.substr(end));
  }
  return accepted;
}

bool has_etag(std::string_view if_none_match, std::string_view etag) {
  const std::vector<std::string_view> known = split(if_none_match, ',');
  return std::any_of(known.begin(), known.end(), [&](std::string_view one) {
    return trim(one) == "*" || (!trim(one).empty() && opaque(one) == opaque(etag));
  });
}

http::Reply asset_reply(const Asset& asset, const http::Headers& request) {
  http::Reply reply{200,
                    {{"Content-Type", std::string(asset.type)},
                     {"ETag", asset.etag},
                     {"Cache-Control", "no-cache"},
                     {"Vary", "Accept-Encoding"},
                     {"Content-Security-Policy", kPolicy},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cross-Origin-Resource-Policy", "same-origin"}},
                    ""};
  if (has_etag(request.get("If-None-Match"), asset.etag)) {
    reply.status = 304;
    return reply;
  }
  if (accepts_gzip(request.get("Accept-Encoding"))) {
    reply.headers.add("Content-Encoding", "gzip");
    reply.body = asset.gzip;
  } else {
    reply.body = unzipped(asset.gzip);
  }
  return reply;
}

}  // namespace aigw::api
