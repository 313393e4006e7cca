#include <cstdio>

#include "auth/key_secret.h"
#include "commands/commands.h"
#include "config/key.h"

namespace aigw::commands {

int new_key(const std::string& name, const std::string& config_path) {
  if (const auto fault = config::key_name_fault(name)) {
    std::fprintf(stderr, "%s\n", fault->c_str());
    return 1;
  }
  const Result<Secret> secret = auth::new_key_secret();
  if (!secret) {
    std::fprintf(stderr, "%s\n", secret.error().detail.c_str());
    return 1;
  }
  std::printf(
      "The key's secret, which is shown only now:\n"
      "  %s\n"
      "Its entry in %s:\n"
      "  \"_keys\": {\n"
      "    \"%s\": { \"sha256\": \"%s\" }\n"
      "  }\n",
      secret->reveal().c_str(), config_path.c_str(), name.c_str(), auth::digest_of(secret->reveal()).c_str());
  return 0;
}

}  // namespace aigw::commands
