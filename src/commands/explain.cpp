#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/running_gateway.h"
#include "config/environment.h"

namespace aigw::commands {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kAnswerBytesMax = 4 * 1024 * 1024;

// What opens /admin: the key that is given, or what the file has; empty: none.
Secret admin_key(const std::string& given, const config::Config* config) {
  if (!given.empty() || config == nullptr) return Secret(given);
  const config::Global& global = config->global;
  return global.admin_key.empty() ? global.api_key : global.admin_key;
}

std::string text_of(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}

int print_error(const GatewayAnswer& answer, const Json& json) {
  const std::string message = json.is_object() && json.contains("error") ? text_of(json["error"], "message") : "";
  std::fprintf(stderr, "%d %s\n", answer.status, escape_control(message).c_str());
  if (answer.status == 401) std::fprintf(stderr, "Give a key for /admin: GATEWAY_ADMIN_KEY, or --key.\n");
  return 1;
}

void print_explanation(const Json& json) {
  const std::string chosen = text_of(json, "chosen");
  std::printf("%s: %s\n", chosen.empty() ? "Nobody" : chosen.c_str(), text_of(json, "why").c_str());
  std::size_t width = 0;
  for (const Json& provider : json["providers"]) width = std::max(width, text_of(provider, "name").size());
  for (const Json& provider : json["providers"]) {
    const std::string name = text_of(provider, "name");
    const std::string reason = text_of(provider, "reason");
    std::printf("  %-*s  priority %d, weight %d: %s\n", static_cast<int>(width), name.c_str(),
                provider.value("priority", 0), provider.value("weight", 0),
                reason.empty() ? "would be asked" : reason.c_str());
  }
}

}  // namespace

int explain(const ExplainArguments& arguments, const std::string& config_path, const config::Overrides& overrides) {
  const config::Loaded loaded = config::load_file(config_path, config::process_environment(), overrides);
  http::Headers headers;
  const Secret key = admin_key(arguments.key, loaded.config.get());
  if (!key.empty()) headers.add("Authorization", "Bearer " + key.reveal());
  std::string path = "/admin/explain?model=" + percent_encode(arguments.model);
  if (arguments.tokens > 0) path += "&tokens=" + std::to_string(arguments.tokens);
  const std::string url = arguments.url.empty() ? own_url(loaded.config.get(), overrides) : arguments.url;
  const auto answer = ask_gateway(url, path, std::move(headers), kAnswerBytesMax);
  if (!answer) {
    std::fprintf(stderr, "%s\n", answer.error().detail.c_str());
    return 1;
  }
  const Json json = Json::parse(answer->body, nullptr, false);
  const bool understood = answer->status == 200 && json.is_object() && json.contains("providers");
  if (!understood) return print_error(*answer, json);
  print_explanation(json);
  return text_of(json, "chosen").empty() ? 1 : 0;
}

}  // namespace aigw::commands
