// Whole small files: the configuration and the secrets that it names.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace aigw::config {

// Errors say why in the system's words (`No such file or directory`) and do not repeat the path.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

}  // namespace aigw::config
