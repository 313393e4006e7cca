// Compression of what is sent (RFC 1952). A pure function, from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aigw::observe {

// Nothing if there is no memory for it.
std::optional<std::string> gzip(std::string_view bytes);

}  // namespace aigw::observe
