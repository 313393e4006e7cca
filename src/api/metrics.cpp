#include <algorithm>

#include "api/desk.h"
#include "api/endpoints.h"
#include "api/provider_metrics.h"
#include "observe/exposition.h"
#include "observe/process_stats.h"
#include "observe/series_exposition.h"

namespace aigw::api {
namespace {

using observe::Exposition;
using observe::Labels;
using Type = Exposition::Type;

void write_gauge(Exposition& out, std::string_view name, std::string_view help, std::int64_t value) {
  out.family({name, Type::Gauge, "", help});
  out.whole({}, value);
}

void write_bytes(Exposition& out, std::string_view name, std::string_view help, std::int64_t value) {
  out.family({name, Type::Gauge, "bytes", help});
  out.whole({}, value);
}

void write_seconds(Exposition& out, const Exposition::Family& family, std::chrono::nanoseconds value) {
  out.family(family);
  out.billionths({}, value.count());
}

// `first` and `second` are told as a label of one metric.
void write_pair(Exposition& out, const Exposition::Family& family, const char* first, std::size_t first_value,
                const char* second, std::size_t second_value) {
  out.family(family);
  out.count(Labels().add("state", first), first_value);
  out.count(Labels().add("state", second), second_value);
}

void write_load(Exposition& out, const gateway::Gate& gate, const http::Server::Load& load) {
  write_gauge(out, "ai_gateway_exchanges_in_flight", "Requests of clients for models under way.", gate.exchanges());
  write_gauge(out, "ai_gateway_exchanges_limit", "How many may be under way at once (_global.threads).",
              gate.exchanges_max());
  write_gauge(out, "ai_gateway_streams_in_flight", "Those of them that stream their answer.", gate.streams());
  write_gauge(out, "ai_gateway_exchanges_queued", "Those of them that wait for room under a limit.", gate.queued());
  const std::size_t workers = std::max(load.workers, load.requests);
  const std::size_t connections = std::max(load.connections, load.requests);
  write_pair(out, {"ai_gateway_worker_threads", Type::Gauge, "", "Threads that serve requests, and that wait for one."},
             "busy", load.requests, "idle", workers - load.requests);
  write_pair(out, {"ai_gateway_connections", Type::Gauge, "", "Connections of clients with a request, and without."},
             "active", load.requests, "parked", connections - load.requests);
  write_gauge(out, "ai_gateway_draining", "1: the gateway is shutting down.", gate.draining() ? 1 : 0);
}

void write_disk(Exposition& out, const usage::Counters& counters, SteadyTime now) {
  const usage::Counters::Lag lag = counters.lag(now);
  write_gauge(out, "ai_gateway_disk_ok", "0: counts can't be written to the disk and are kept in memory.",
              counters.disk_ok() ? 1 : 0);
  write_seconds(out, {"ai_gateway_journal_lag_seconds", Type::Gauge, "seconds",
                      "Age of the oldest count that stands in the journal alone, and in no file yet; 0: none does."},
                lag.age);
  write_bytes(out, "ai_gateway_journal_bytes", "Size of the journal that a start reads beside the files.",
              lag.journal_bytes);
}

void write_spans(Exposition& out, const observe::SpanExporter* spans) {
  if (spans == nullptr) return;
  out.family({"ai_gateway_traced_requests", Type::Counter, "",
              "Exchanges whose spans the collector of traces took, or will never see."});
  out.count(Labels().add("outcome", "exported"), spans->sent());
  out.count(Labels().add("outcome", "dropped"), spans->dropped());
}

// Names and meanings as all Prometheus clients have them.
void write_process(Exposition& out) {
  const observe::ProcessStats stats = observe::process_stats();
  write_seconds(out, {"process_cpu_seconds", Type::Counter, "seconds", "CPU time, user and system."}, stats.cpu);
  write_bytes(out, "process_resident_memory_bytes", "Memory that is in RAM.", stats.resident_bytes);
  write_bytes(out, "process_virtual_memory_bytes", "Memory that is mapped.", stats.virtual_bytes);
  write_gauge(out, "process_open_fds", "Open files and sockets.", stats.open_fds);
  write_gauge(out, "process_max_fds", "How many may be open.", stats.max_fds);
  write_seconds(out, {"process_start_time_seconds", Type::Gauge, "seconds", "When the process started, since 1970."},
                stats.started.time_since_epoch());
}

}  // namespace

void show_metrics(Call& call) {
  const observe::Format format = observe::format_for(call.request.headers.get("Accept"));
  const Now now = read_clocks();
  Exposition out(format);
  observe::write_series(out, call.gateway.telemetry().metrics().all());
  write_providers(out, *call.gateway.routes(), now);
  write_load(out, call.gateway.gate(), call.desk.server_load());
  write_disk(out, call.gateway.counters(), now.steady);
  write_spans(out, call.gateway.telemetry().spans());
  write_process(out);
  out.family({"ai_gateway_build", Type::Info, "", "The version that runs."});
  out.whole(Labels().add("version", GATEWAY_VERSION), 1);
  call.client.reply({200, {{"Content-Type", content_type(format)}, {"Cache-Control", "no-store"}}, out.finish()});
}

}  // namespace aigw::api
