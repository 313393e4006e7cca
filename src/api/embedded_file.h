// The files of web/ as the build has put them into the binary (scripts/embed.cmake).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace aigw::api {

struct EmbeddedFile {
  std::string_view name;        // below web/: `index.html`, `vendor/chart.js`
  std::string_view sha256;      // of the file as it is, 64 lower-case hexadecimal digits
  const unsigned char* gzip;    // RFC 1952
  std::size_t gzip_bytes;
};

// All of them, each name once. Constant; from any thread.
std::span<const EmbeddedFile> embedded_files();

}  // namespace aigw::api
