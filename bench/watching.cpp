// What watching costs: CPU time for the story, the metrics and the log line of an exchange, for building a frame of
// /admin/events, and, with --port and --pid of a running gateway, for those who follow it. Prints a table.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "api/feed.h"
#include "auth/key_store.h"
#include "client.h"
#include "config/live_config.h"
#include "config/loader.h"
#include "gateway/gateway.h"
#include "gateway/trail.h"
#include "http/client_stream.h"
#include "http/connection.h"
#include "measuring.h"
#include "observe/exchange_log.h"
#include "observe/log.h"
#include "observe/telemetry.h"
#include "options.h"
#include "protocol/endpoint.h"
#include "scratch.h"
#include "usage/counters.h"

namespace {

namespace fs = std::filesystem;
using aigw::steady_now;
using aigw::gateway::Trail;

constexpr int kRounds = 5;            // of which the median is taken
constexpr int kExchanges = 20'000;    // of a round
constexpr int kLines = 1'000;         // written at once; more would be dropped
constexpr int kFrames = 20;
constexpr int kWatchers = 100;
constexpr double kWatchSeconds = 10;

template <typename Value>
Value must(aigw::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

// A gateway that serves nobody, with all that belongs to it.
class House {
 public:
  explicit House(int models)
      : folder_("/var/tmp"),
        file_(write_config(models)),
        loaded_(aigw::config::load_file(file_, {}, {})),
        counters_(must(aigw::usage::Counters::open(folder_.path() / "usage", [](const auto&) {}, [](const auto&) {},
                                                   aigw::wall_now()))),
        keys_(must(aigw::auth::KeyStore::open(folder_.path() / "keys.json"))),
        live_(loaded_.config, file_, {}, {}),
        telemetry_(loaded_.config->global, nullptr),
        gateway_(live_, *counters_, *keys_, telemetry_) {}

  aigw::gateway::Gateway& gateway() { return gateway_; }
  const fs::path folder() const { return folder_.path(); }

 private:
  std::string write_config(int models) const {
    const std::string file = (folder_.path() / "provider.json").string();
    std::ofstream out(file);
    out << "{";
    for (int i = 0; i < models; ++i) {
      out << (i > 0 ? "," : "") << "\"model-" << i << "\": {\"providers\": ["
          << R"({"name": "first", "type": "mock", "rate_limit": {"requests_per_period": 1000000000}},)"
          << R"({"name": "second", "type": "mock", "rate_limit": {"requests_per_period": 1000000000}}]})";
    }
    out << "}";
    return file;
  }

  bench::Scratch folder_;
  const std::string file_;
  const aigw::config::Loaded loaded_;
  const std::unique_ptr<aigw::usage::Counters> counters_;
  const std::unique_ptr<aigw::auth::KeyStore> keys_;
  aigw::config::LiveConfig live_;
  aigw::observe::Telemetry telemetry_;
  aigw::gateway::Gateway gateway_;
};

// ---- an exchange ---------------------------------------------------------------------------------------------

// A request with all its steps and no work between them.
class EmptyExchange {
 public:
  explicit EmptyExchange(House& house)
      : telemetry_(house.gateway().telemetry()),
        routes_(house.gateway().routes()),
        route_(*routes_->find("model-0")),
        backend_(route_.backends.front()),
        connection_(client_socket(), steady_now()),
        client_(connection_, {}) {
    request_.path = "/v1/chat/completions";
    request_.body = R"({"model":"model-0","messages":[{"role":"user","content":"hello"}]})";
    asked_.endpoint = &aigw::protocol::endpoints().front();
    asked_.request = &request_;
    asked_.model = "model-0";
    caller_.key = "laptop";
    caller_.owner = "ada";
    result_.kind = aigw::gateway::AttemptResult::Kind::Answered;
    result_.provider_status = 200;
    result_.model = "model-0";
    result_.dialect = aigw::Dialect::Chat;
    result_.progress.committed = true;
    used_.prompt_tokens = 1'000;
    used_.completion_tokens = 200;
    used_.cost = 315'000;
  }

  aigw::observe::Story story() {
    Trail trail("req_0123456789abcdef01234567", telemetry_.trace_of(request_.headers), request_, aigw::Dialect::Chat,
                "192.168.1.20");
    trail.authenticated(caller_);
    trail.understood(asked_);
    trail.routed(asked_.model, &route_);
    trail.allowed(aigw::config::Strategy::Weighted);
    Trail::Choice choice;
    choice.provider = backend_.config->name;
    choice.why = aigw::gateway::why_chosen(aigw::config::Strategy::Weighted, 2, 1);
    trail.chose(std::move(choice));
    trail.attempt_begins(backend_, false);
    result_.head_at = result_.progress.first_content_at = steady_now();
    trail.attempt_ended(result_);
    trail.settled(used_);
    trail.ended(200);
    return trail.finish(asked_, client_);
  }

  void tell(const aigw::config::Global& config) {
    telemetry_.exchange_ended(story(), route_.series.get(), config);
  }

  const aigw::config::Global& config() const { return routes_->config().global; }

 private:
  static aigw::Fd client_socket() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("no socket");
    ::close(ends[1]);
    return aigw::Fd(ends[0]);
  }

  aigw::observe::Telemetry& telemetry_;
  const std::shared_ptr<const aigw::gateway::LiveRoutes> routes_;
  const aigw::gateway::LiveRoute& route_;
  const aigw::gateway::Backend& backend_;
  aigw::http::Connection connection_;
  aigw::http::ClientStream client_;
  aigw::http::Request request_;
  aigw::gateway::Asked asked_;
  aigw::gateway::Caller caller_;
  aigw::gateway::AttemptResult result_;
  aigw::usage::Used used_;
};

// CPU of the whole process, in microseconds for each of `count` times, the median of some rounds.
double microseconds_of(int count, const std::function<void()>& work) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double before = bench::clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    work();
    rounds.push_back(1e6 * (bench::clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - before) / count);
  }
  return bench::median(std::move(rounds));
}

void measure_exchange(House& house) {
  EmptyExchange exchange(house);
  aigw::config::Global quiet = exchange.config();
  quiet.log_requests = false;
  const double told = microseconds_of(kExchanges, [&] {
    for (int i = 0; i < kExchanges; ++i) exchange.tell(quiet);
  });
  // The log has a thread of its own, which is waited for.
  aigw::observe::LogOptions options;
  options.folder = house.folder().string();
  aigw::observe::set_up_log(options);
  const aigw::observe::Story story = exchange.story();
  const double logged = microseconds_of(kLines, [&] {
    for (int i = 0; i < kLines; ++i) aigw::observe::log_exchange(story, exchange.config());
    ::usleep(300'000);
  });
  aigw::observe::shut_down_log();
  bench::print_row("exchange: story, metrics, kept", told, "us");
  bench::print_row("exchange: its log line, to two places", logged, "us");
  bench::print_row("exchange: together", told + logged, "us", 5);
}

// ---- who watches ---------------------------------------------------------------------------------------------

void measure_frame(int models) {
  House house(models);
  aigw::api::Feed feed(house.gateway());
  aigw::SteadyTime now = steady_now();
  const double frame = microseconds_of(kFrames, [&] {
    for (int i = 0; i < kFrames; ++i) feed.current(now += std::chrono::seconds(2));
  });
  bench::print_row("frame of the events, " + std::to_string(models) + " models of 2 providers", frame / 1e3, "ms");
}

double cpu_seconds_of(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  text.erase(0, text.rfind(')') + 2);  // the name may have blanks in it
  long user = 0;
  long system = 0;
  std::sscanf(text.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// In per cent of a core.
double share_of_a_core(int pid) {
  const double before = cpu_seconds_of(pid);
  ::usleep(static_cast<useconds_t>(1e6 * kWatchSeconds));
  return 100 * (cpu_seconds_of(pid) - before) / kWatchSeconds;
}

void measure_watchers(int port, int pid) {
  const double alone = share_of_a_core(pid);
  std::vector<int> watchers;
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(bench::connect_to(port));
    bench::send_all(watchers.back(), "GET /admin/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bench-client-key\r\n\r\n");
  }
  const double watched = share_of_a_core(pid);
  for (const int fd : watchers) ::close(fd);
  bench::print_row("gateway without a request, nobody watches", alone, "%");
  bench::print_row("gateway without a request, 100 dashboards", watched, "%");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "watching [--port P --pid N]");
  try {
    bench::print_head();
    House house(1);
    measure_exchange(house);
    measure_frame(10);
    measure_frame(500);
    if (options.number("port", 0) != 0) measure_watchers(options.number("port", 0), options.number("pid", 0));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "watching: %s\n", failure.what());
    return 1;
  }
  return 0;
}
