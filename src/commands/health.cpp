#include <cstdio>

#include "commands/commands.h"
#include "commands/running_gateway.h"
#include "config/environment.h"

namespace aigw::commands {

int health(const std::string& url, const std::string& config_path, const config::Overrides& overrides) {
  const auto own = [&] {
    const config::Loaded loaded = config::load_file(config_path, config::process_environment(), overrides);
    return own_url(loaded.config.get(), overrides);
  };
  const auto answer = ask_gateway(url.empty() ? own() : url, "/health", {}, 4096);
  if (!answer) {
    std::fprintf(stderr, "%s\n", answer.error().detail.c_str());
    return 1;
  }
  std::printf("%s", answer->body.c_str());
  return answer->status == 200 ? 0 : 1;
}

}  // namespace aigw::commands
