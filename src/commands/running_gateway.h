// A gateway that runs, as the commands ask it.
//
// For main's thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "config/loader.h"
#include "http/message.h"

namespace aigw::commands {

// The address of the gateway that the same arguments would start. `config` may be null: a file with problems.
std::string own_url(const config::Config* config, const config::Overrides& overrides);

struct GatewayAnswer {
  int status = 0;
  std::string body;  // at most so many bytes of it as are wanted
};

// GET `path` (with its query) at `url`; where the URL has a path of its own, at that. Errors: the URL is none; nothing
// answers there within 3 s.
Result<GatewayAnswer> ask_gateway(const std::string& url, const std::string& path, http::Headers headers,
                                  std::size_t bytes_max);

}  // namespace aigw::commands
