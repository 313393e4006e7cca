// ai-gateway: command line → config → wiring → run.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <malloc.h>
#include <memory>
#include <sys/resource.h>

#include "api/feed.h"
#include "api/router.h"
#include "auth/key_store.h"
#include "base/text.h"
#include "commands/commands.h"
#include "config/live_config.h"
#include "config/loader.h"
#include "convert/direction.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "http/upstream.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "observe/span_exporter.h"
#include "observe/span_settings.h"
#include "observe/telemetry.h"
#include "usage/counters.h"

namespace aigw {
namespace {

using observe::Level;

struct Arguments {
  std::string config = "config/provider.json";
  std::string data = "data";
  std::string logs = "logs";
  config::Overrides overrides;
  std::string health_url;
  std::string direction;  // of a conversion
  std::string key_name;
  commands::ExplainArguments explain;
};

// ---- serving --------------------------------------------------------------------------------------

observe::LogOptions log_options(const std::string& folder) {
  observe::LogOptions options;
  options.folder = folder;
  const char* const level = std::getenv("LOG_LEVEL");
  if (level != nullptr && *level != '\0' && !observe::parse_level(level, options.level)) {
    throw std::runtime_error("LOG_LEVEL is none of DEBUG, INFO, WARNING, ERROR");
  }
  const char* const format = std::getenv("GATEWAY_LOG_FORMAT");
  if (format != nullptr && iequals(format, "json")) {
    options.format = observe::LogFormat::Json;
  } else if (format != nullptr && *format != '\0' && !iequals(format, "text")) {
    throw std::runtime_error("GATEWAY_LOG_FORMAT is none of text, json");
  }
  return options;
}

// As many files and sockets as the system lets us have; how many connections that is good for.
std::size_t connections_possible(const config::Global& global) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // Each exchange may need a socket to its provider, some are kept for later, and there are files.
  const std::size_t others = static_cast<std::size_t>(global.threads) + 512;
  const std::size_t wanted = static_cast<std::size_t>(global.max_connections);
  const std::size_t possible = limit.rlim_cur > others + 64 ? limit.rlim_cur - others : 64;
  if (possible < wanted) {
    observe::log(
        Level::Warning, "Fewer connections than configured",
        {{"max_connections", wanted}, {"possible", possible}, {"advice", "raise the limit of open files (ulimit -n)"}});
  }
  return std::min(wanted, possible);
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || starts_with(host, "127."); }

void warn_if_open(const config::Global& global, const gateway::Callers& callers) {
  if (is_loopback(global.host) || callers.needs_key()) return;
  observe::log(Level::Warning, "Anybody who reaches this address may use the gateway",
               {{"host", global.host}, {"advice", "set _global.api_key, or listen on 127.0.0.1"}});
}

constexpr Millis kTick{500};  // a counter whose file is deleted is zero within a second

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// The next signal, or 0 when none came in time.
int wait_for_signal(const sigset_t& set, Millis timeout) {
  const timespec time{timeout.count() / 1000, (timeout.count() % 1000) * 1'000'000};
  const int signal = ::sigtimedwait(&set, nullptr, &time);
  return signal > 0 ? signal : 0;
}

// What falls due between requests. Without memory it fails, and the requests go on.
void tick(bool reloads, gateway::Gateway& gateway, http::Server& server) {
  try {
    if (reloads) gateway.reload();
    gateway.tick();
    server.tick(steady_now());
  } catch (const std::exception& failure) {
    observe::log(Level::Error, "Upkeep failed", {{"reason", failure.what()}});
  }
}

// Serves until SIGTERM or SIGINT.
void run_until_ended(const sigset_t& signals, gateway::Gateway& gateway, http::Server& server) {
  for (;;) {
    const int signal = wait_for_signal(signals, kTick);
    if (signal == SIGTERM || signal == SIGINT) return;
    tick(signal == SIGHUP, gateway, server);
  }
}

// No new exchanges; those in flight get the grace, or end with a second signal.
void drain(const sigset_t& signals, gateway::Gateway& gateway, http::Server& server) {
  const Millis grace = gateway.routes()->config().global.shutdown_grace;
  observe::log(Level::Info, "Draining", {{"exchanges", gateway.gate().exchanges()}, {"grace_ms", grace.count()}});
  gateway.gate().drain();
  server.close_after_replies();
  SteadyTime deadline = steady_now() + grace;
  SteadyTime next_tick = steady_now() + kTick;
  while (gateway.gate().exchanges() > 0 && steady_now() < deadline) {
    const int signal = wait_for_signal(signals, Millis{20});
    if (signal == SIGTERM || signal == SIGINT) deadline = steady_now();
    if (steady_now() >= next_tick) {
      next_tick = steady_now() + kTick;
      gateway.tick();
    }
  }
  // Before the last threads end: a name server that does not answer may hold them for longer than we are left to live.
  if (const Status flushed = gateway.counters().flush(wall_now()); !flushed) {
    observe::log(Level::Error, "Counters not saved", {{"reason", flushed.error().detail}});
  }
  // What is no exchange (/health, /admin) has less: who watches and does not read would take all of the grace.
  constexpr Millis kLastReplies{200};
  constexpr Millis kOthers{5'000};
  const bool cuts_exchanges = gateway.gate().exchanges() > 0;
  const SteadyTime now = steady_now();
  if (!server.stop(std::clamp(deadline, now + kLastReplies, now + kOthers)) && cuts_exchanges) {
    observe::log(Level::Warning, "Cut exchanges that were still running");
  }
}

// The C library takes an unknown zone for UTC without a word, and quotas would reset at the wrong hour.
void warn_of_unknown_zone() {
  constexpr char kZones[] = "/usr/share/zoneinfo";
  const char* const zone = std::getenv("TZ");
  if (zone == nullptr || *zone == '\0' || !std::filesystem::exists(kZones)) return;
  const std::string name = *zone == ':' ? zone + 1 : zone;
  const bool is_rule = name.find_first_of("0123456789") != std::string::npos;  // `CET-1CEST`: POSIX's own form
  if (is_rule || std::filesystem::exists(std::filesystem::path(kZones) / name)) return;
  observe::log(Level::Warning, "Unknown time zone",
               {{"TZ", name}, {"advice", "UTC is used; give a name like Europe/Berlin"}});
}

void log_reset(const usage::Reset& reset) {
  observe::log(Level::Info, "Reset usage",
               {{"model", reset.model},
                {"provider", reset.provider},
                {"cause", reset.cause},
                {"requests", reset.before.requests},
                {"tokens", reset.before.tokens()}});
}

// Before any thread starts: all of them inherit the mask, and the first one alone takes the signals.
sigset_t prepare_process() {
  const sigset_t signals = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk, not a reason to end
  // Hundreds of short-lived threads would otherwise spread the heap over many arenas, none of which shrinks.
  ::mallopt(M_ARENA_MAX, 4);
  return signals;
}

void start_log(const std::string& folder, const std::vector<std::string>& warnings) {
  std::error_code no_folder;  // set_up_log tells what follows from it
  std::filesystem::create_directories(folder, no_folder);
  const std::string problem = observe::set_up_log(log_options(folder));
  if (!problem.empty()) observe::log(Level::Warning, "No log file", {{"reason", problem}});
  for (const std::string& warning : warnings) observe::log(Level::Warning, "Config warning", {{"message", warning}});
}

// What sends spans to a trace collector; null: the environment does not ask for it.
std::unique_ptr<observe::SpanExporter> start_exporter(http::Upstream& network) {
  std::vector<std::string> warnings;
  auto settings = observe::read_span_settings(config::process_environment(), warnings);
  for (const std::string& warning : warnings) observe::log(Level::Warning, "Trace setting", {{"message", warning}});
  return settings ? std::make_unique<observe::SpanExporter>(std::move(*settings), network) : nullptr;
}

http::ServerOptions server_options(const config::Global& global) {
  http::ServerOptions options;
  options.host = global.host;
  options.port = global.port;
  // Some to spare: health checks and refusals are answered while all exchanges are taken, and who watches keeps a thread.
  options.workers_max = static_cast<std::size_t>(global.threads + api::Feed::kWatchersMax + 8);
  options.connections_max = connections_possible(global);
  return options;
}

int serve(const Arguments& arguments) {
  const sigset_t signals = prepare_process();
  const config::Loaded loaded = config::load_file(arguments.config, config::process_environment(), arguments.overrides);
  if (!loaded.config) {
    commands::print_findings(loaded, arguments.config);
    return 1;
  }
  start_log(arguments.logs, loaded.warnings);

  const auto counters = usage::Counters::open(
      std::filesystem::path(arguments.data) / "usage", log_reset,
      [](const std::string& text) {
        observe::log(Level::Warning, "Usage data", {{"message", text}});
      },
      wall_now());
  if (!counters) throw std::runtime_error(counters.error().detail);

  config::LiveConfig live(loaded.config, arguments.config, config::process_environment(), arguments.overrides);
  const auto keys = auth::KeyStore::open(std::filesystem::path(arguments.data) / "keys.json");
  if (!keys) throw std::runtime_error(keys.error().detail);
  http::HttpUpstream collector_network;
  const auto spans = start_exporter(collector_network);
  observe::Telemetry telemetry(loaded.config->global, spans.get());
  gateway::Gateway gateway(live, **counters, **keys, telemetry);
  const auto audit = observe::Audit::open(arguments.logs);
  if (!audit) observe::log(Level::Warning, "No audit log", {{"reason", audit.error().detail}});
  api::Router router(gateway, audit ? audit->get() : nullptr);

  const config::Global& global = loaded.config->global;
  http::Server server(
      server_options(global), [&](http::Request& request, http::ClientStream& client) { router.handle(request, client); },
      api::error_reply);
  router.set_server_load([&server] { return server.load(); });
  const Result<int> port = server.listen();
  if (!port) throw std::runtime_error(port.error().detail);
  server.start();
  observe::log(Level::Info, "Listening",
               {{"address", global.host},
                {"port", *port},
                {"models", loaded.config->routes.size()},
                {"version", GATEWAY_VERSION}});
  warn_if_open(global, *gateway.callers());
  warn_of_unknown_zone();

  run_until_ended(signals, gateway, server);
  drain(signals, gateway, server);
  if (const Status flushed = (*counters)->flush(wall_now()); !flushed) {
    observe::log(Level::Error, "Counters not saved", {{"reason", flushed.error().detail}});
  }
  observe::log(Level::Info, "Stopped");
  return 0;
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"AI API Gateway: one OpenAI-compatible address in front of many model providers."};
  app.set_version_flag("--version", "ai-gateway " GATEWAY_VERSION);
  app.add_option("--config", arguments.config, "The configuration file")
      ->envname("GATEWAY_CONFIG")
      ->capture_default_str();
  app.add_option("--data", arguments.data, "Folder for counters")->envname("GATEWAY_DATA")->capture_default_str();
  app.add_option("--logs", arguments.logs, "Folder for gateway.log")->envname("GATEWAY_LOGS")->capture_default_str();
  app.add_option("--host", arguments.overrides.host, "Address to listen on, instead of _global.host")
      ->envname("GATEWAY_HOST");
  app.add_option("--port", arguments.overrides.port, "Port to listen on, instead of _global.port; 0: any free one")
      ->envname("GATEWAY_PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("--threads", arguments.overrides.threads, "Exchanges in flight at most, instead of _global.threads")
      ->check(CLI::Range(1, 10'000));
  app.footer(
      "Environment: GATEWAY_CONFIG, GATEWAY_DATA, GATEWAY_LOGS, GATEWAY_HOST, GATEWAY_PORT,\n"
      "GATEWAY_ADMIN_KEY, LOG_LEVEL (DEBUG, INFO, WARNING, ERROR), GATEWAY_LOG_FORMAT (text, json), TZ.\n"
      "A flag beats the environment, which beats the file.");
  app.fallthrough();  // for the commands made from here on: flags may stand behind them
  CLI::App* const check_command =
      app.add_subcommand("check", "Validate a configuration: exit status 0, or 1 and every problem");
  check_command->add_option("file", arguments.config, "The file to check");
  CLI::App* const convert_command = app.add_subcommand(
      "convert", "Convert a request, an answer or an error between dialects: JSON on stdin, JSON on stdout");
  convert_command->add_option("direction", arguments.direction, convert::kDirections)->required();
  CLI::App* const health_command =
      app.add_subcommand("health", "Ask a running gateway how it is: exit status 0 if it serves");
  health_command->add_option("url", arguments.health_url, "Its address (default: the one that would be served here)");
  CLI::App* const explain_command = app.add_subcommand(
      "explain", "Ask a running gateway which provider it would choose now, and why not the others");
  explain_command->add_option("model", arguments.explain.model, "The model, as clients name it")->required();
  explain_command->add_option("--tokens", arguments.explain.tokens, "Tokens of the prompt")
      ->check(CLI::Range(0, 1'000'000'000));
  explain_command->add_option("--url", arguments.explain.url,
                              "Its address (default: the one that would be served here)");
  explain_command->add_option("--key", arguments.explain.key, "A key for /admin (default: the one of the configuration)")
      ->envname("GATEWAY_ADMIN_KEY");
  CLI::App* const key_command = app.add_subcommand("key", "Keys for those who use the gateway");
  CLI::App* const new_key_command =
      key_command->add_subcommand("new", "Make a key: prints its secret, and its entry for the configuration");
  new_key_command->add_option("name", arguments.key_name, "Its name, as statistics and logs will have it")->required();
  key_command->require_subcommand(1);
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // --help and --version come this way too
  }

  if (check_command->parsed()) return commands::check(arguments.config);
  if (convert_command->parsed()) return commands::convert(arguments.direction);
  if (health_command->parsed()) {
    return commands::health(arguments.health_url, arguments.config, arguments.overrides);
  }
  if (explain_command->parsed()) return commands::explain(arguments.explain, arguments.config, arguments.overrides);
  if (new_key_command->parsed()) return commands::new_key(arguments.key_name, arguments.config);
  return serve(arguments);
}

}  // namespace
}  // namespace aigw

int main(int argc, char** argv) {
  int status = 1;
  try {
    status = aigw::run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "ai-gateway: %s\n", failure.what());
  }
  aigw::observe::shut_down_log();
  return status;
}
