// ai-gateway: command line → config → wiring → run.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <malloc.h>
#include <sys/resource.h>

#include "api/router.h"
#include "base/text.h"
#include "config/live_config.h"
#include "config/loader.h"
#include "convert/convert.h"
#include "convert/direction.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "http/upstream.h"
#include "http/waiter.h"
#include "observe/log.h"
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
};

// ---- ai-gateway check -----------------------------------------------------------------------------

void print_all(const config::Loaded& loaded, const std::string& path) {
  for (const config::Problem& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  for (const std::string& warning : loaded.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (!loaded.problems.empty()) {
    std::fprintf(stderr, "%s: %zu problem%s\n", path.c_str(), loaded.problems.size(),
                 loaded.problems.size() == 1 ? "" : "s");
  }
}

int check(const std::string& path) {
  const config::Loaded loaded = config::load_file(path, config::process_environment());
  print_all(loaded, path);
  if (!loaded.config) return 1;
  std::printf("%s: ok, %zu model%s\n", path.c_str(), loaded.config->routes.size(),
              loaded.config->routes.size() == 1 ? "" : "s");
  return 0;
}

// ---- ai-gateway convert ---------------------------------------------------------------------------

int convert_input(const std::string& direction) {
  const std::string input{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  const Result<std::string> output = convert::convert(direction, input);
  if (!output) throw std::runtime_error(output.error().detail);
  std::cout << *output << '\n';
  return 0;
}

// ---- ai-gateway health ----------------------------------------------------------------------------

class StatusOnly : public http::AnswerReceiver {
 public:
  bool on_head(int status, const http::Headers&) override {
    status_ = status;
    return true;
  }
  bool on_data(std::string_view bytes) override {
    body_ += bytes.substr(0, 4096 - std::min<std::size_t>(4096, body_.size()));
    return true;
  }
  int status() const { return status_; }
  const std::string& body() const { return body_; }

 private:
  int status_ = 0;
  std::string body_;
};

// The address of the gateway that the same arguments would start.
std::string own_url(const Arguments& arguments) {
  const config::Loaded loaded = config::load_file(arguments.config, config::process_environment(), arguments.overrides);
  const config::Global global = loaded.config ? loaded.config->global : config::Global();
  const std::string host = arguments.overrides.host.value_or(global.host);
  const bool any_address = host.empty() || host == "0.0.0.0" || host == "::";
  const std::string name = any_address ? "127.0.0.1" : contains(host, ":") ? "[" + host + "]" : host;
  return "http://" + name + ":" + std::to_string(arguments.overrides.port.value_or(global.port));
}

int health(const Arguments& arguments) {
  constexpr Millis kTimeout{3'000};
  const std::string text = arguments.health_url.empty() ? own_url(arguments) : arguments.health_url;
  const Result<Url> url = parse_url(text);
  if (!url) {
    std::fprintf(stderr, "%s\n", url.error().detail.c_str());
    return 1;
  }
  http::HttpUpstream upstream;
  http::Waiter waiter(-1);
  waiter.set_deadline(steady_now() + kTimeout);
  StatusOnly answer;
  const std::string path = url->path.empty() ? "/health" : url->path;
  const Status status = upstream.call({"GET", &*url, path, {}, {}, kTimeout}, waiter, answer);
  if (!status) {
    std::fprintf(stderr, "%s: %s\n", text.c_str(), status.error().detail.c_str());
    return 1;
  }
  std::printf("%s", answer.body().c_str());
  return answer.status() == 200 ? 0 : 1;
}

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

void warn_if_open(const config::Global& global) {
  if (is_loopback(global.host) || !global.api_key.empty()) return;
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

// Serves until SIGTERM or SIGINT.
void run_until_ended(const sigset_t& signals, gateway::Gateway& gateway, http::Server& server) {
  for (;;) {
    const int signal = wait_for_signal(signals, kTick);
    if (signal == SIGHUP) gateway.reload();
    if (signal == SIGTERM || signal == SIGINT) return;
    gateway.tick();
    server.tick(steady_now());
  }
}

// No new exchanges; those in flight get the grace, or end with a second signal.
void drain(const sigset_t& signals, gateway::Gateway& gateway, http::Server& server) {
  const Millis grace = gateway.routes()->config().global.shutdown_grace;
  observe::log(Level::Info, "Draining", {{"exchanges", gateway.exchanges()}, {"grace_ms", grace.count()}});
  gateway.drain();
  server.close_after_replies();
  SteadyTime deadline = steady_now() + grace;
  SteadyTime next_tick = steady_now() + kTick;
  while (gateway.exchanges() > 0 && steady_now() < deadline) {
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
  constexpr Millis kLastReplies{200};  // for what is no exchange: /health, /admin
  if (!server.stop(std::max(deadline, steady_now() + kLastReplies))) {
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

int serve(const Arguments& arguments) {
  // Before any thread starts: all of them inherit the mask, and this one alone takes the signals.
  const sigset_t signals = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a full disk, not a reason to end
  // Hundreds of short-lived threads would otherwise spread the heap over many arenas, none of which shrinks.
  ::mallopt(M_ARENA_MAX, 4);

  const config::Loaded loaded = config::load_file(arguments.config, config::process_environment(), arguments.overrides);
  if (!loaded.config) {
    print_all(loaded, arguments.config);
    return 1;
  }
  std::error_code no_folder;  // set_up_log tells what follows from it
  std::filesystem::create_directories(arguments.logs, no_folder);
  const std::string log_problem = observe::set_up_log(log_options(arguments.logs));
  if (!log_problem.empty()) observe::log(Level::Warning, "No log file", {{"reason", log_problem}});
  for (const std::string& warning : loaded.warnings)
    observe::log(Level::Warning, "Config warning", {{"message", warning}});

  const auto counters = usage::Counters::open(
      std::filesystem::path(arguments.data) / "usage", log_reset,
      [](const std::string& text) {
        observe::log(Level::Warning, "Usage data", {{"message", text}});
      },
      wall_now());
  if (!counters) throw std::runtime_error(counters.error().detail);

  config::LiveConfig live(loaded.config, arguments.config, config::process_environment(), arguments.overrides);
  gateway::Gateway gateway(live, **counters);
  const api::Router router(gateway);

  const config::Global& global = loaded.config->global;
  http::ServerOptions options;
  options.host = global.host;
  options.port = global.port;
  // Some to spare: health checks and refusals are answered while all exchanges are taken.
  options.workers_max = static_cast<std::size_t>(global.threads) + 8;
  options.connections_max = connections_possible(global);
  http::Server server(
      options, [&](http::Request& request, http::ClientStream& client) { router.handle(request, client); },
      api::error_reply);
  const Result<int> port = server.listen();
  if (!port) throw std::runtime_error(port.error().detail);
  server.start();
  observe::log(Level::Info, "Listening",
               {{"address", global.host},
                {"port", *port},
                {"models", loaded.config->routes.size()},
                {"version", GATEWAY_VERSION}});
  warn_if_open(global);
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
      "LOG_LEVEL (DEBUG, INFO, WARNING, ERROR), GATEWAY_LOG_FORMAT (text, json), TZ.\n"
      "A flag beats the environment, which beats the file.");
  CLI::App* const check_command =
      app.add_subcommand("check", "Validate a configuration: exit status 0, or 1 and every problem");
  check_command->add_option("file", arguments.config, "The file to check");
  CLI::App* const convert_command = app.add_subcommand(
      "convert", "Convert a request, an answer or an error between dialects: JSON on stdin, JSON on stdout");
  convert_command->add_option("direction", arguments.direction, convert::kDirections)->required();
  CLI::App* const health_command =
      app.add_subcommand("health", "Ask a running gateway how it is: exit status 0 if it serves");
  health_command->add_option("url", arguments.health_url, "Its address (default: the one that would be served here)");
  app.require_subcommand(0, 1);
  app.fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // --help and --version come this way too
  }

  if (check_command->parsed()) return check(arguments.config);
  if (convert_command->parsed()) return convert_input(arguments.direction);
  if (health_command->parsed()) return health(arguments);
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
