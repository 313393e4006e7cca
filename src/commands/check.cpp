#include <cstdio>

#include "auth/token_keys.h"
#include "commands/commands.h"

namespace aigw::commands {
namespace {

// Whether tokens could be checked, as far as the file itself tells.
bool has_token_keys(const config::Config& config) {
  const std::optional<config::Jwt>& jwt = config.global.jwt;
  if (!jwt || jwt->public_key.empty()) return true;
  const Result<auth::TokenKeys> keys = auth::TokenKeys::of_pem(jwt->public_key);
  if (!keys) std::fprintf(stderr, "_global.jwt.public_key: %s\n", keys.error().detail.c_str());
  return keys.has_value();
}

}  // namespace

int check(const std::string& path) {
  const config::Loaded loaded = config::load_file(path, config::process_environment());
  print_findings(loaded, path);
  if (!loaded.config || !has_token_keys(*loaded.config)) return 1;
  std::printf("%s: ok, %zu model%s\n", path.c_str(), loaded.config->routes.size(),
              loaded.config->routes.size() == 1 ? "" : "s");
  return 0;
}

void print_findings(const config::Loaded& loaded, const std::string& path) {
  for (const config::Problem& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  for (const std::string& warning : loaded.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (!loaded.problems.empty()) {
    std::fprintf(stderr, "%s: %zu problem%s\n", path.c_str(), loaded.problems.size(),
                 loaded.problems.size() == 1 ? "" : "s");
  }
}

}  // namespace aigw::commands
