#include "gateway/trail.h"

#include <doctest/doctest.h>
#include <string>

#include "config/loader.h"
#include "observe/metrics.h"
#include "usage/counters_fixture.h"

namespace aigw::gateway {

TEST_SUITE("gateway/trail") {

TEST_CASE("the provider of a story is who was asked last, not who could not be asked") {
  const usage::TempFolder folder;
  auto counters = usage::Counters::open(folder / "usage", {}, {}, wall_now());
  REQUIRE(counters);
  const config::Loaded loaded = config::load_text(
      R"({"m": {"providers": [{"name": "a", "type": "mock"}, {"name": "b", "type": "mock"}]}})",
      [](std::string_view) { return std::nullopt; });
  REQUIRE(loaded.config != nullptr);
  (*counters)->apply(*loaded.config, wall_now());
  observe::Metrics metrics;
  const LiveRoutes routes(loaded.config, nullptr, **counters, metrics, nullptr);
  const std::vector<Backend>& backends = routes.routes().at(0).backends;
  using Kind = AttemptResult::Kind;
  struct Row {
    std::string name;
    std::vector<Kind> kinds;  // of the attempts at a, b, a, …
    std::string provider;
    int count;
  };
  for (const Row& row : {
           Row{"nobody", {}, "", 0},
           Row{"failed", {Kind::Failed}, "a", 1},
           Row{"rejected", {Kind::Rejected}, "", 0},
           Row{"rejected twice", {Kind::Rejected, Kind::Rejected}, "", 0},
           Row{"failed, then rejected", {Kind::Failed, Kind::Rejected}, "a", 1},
           Row{"rejected, then answered", {Kind::Rejected, Kind::Answered}, "b", 1},
       }) {
    CAPTURE(row.name);
    const http::Request request;
    Trail trail("id", observe::continue_trace("", ""), request, Dialect::Chat, "127.0.0.1");
    for (std::size_t i = 0; i < row.kinds.size(); ++i) {
      trail.attempt_begins(backends.at(i % 2), false);
      AttemptResult result;
      result.kind = row.kinds[i];
      trail.attempt_ended(result);
    }
    CHECK(trail.story().provider == row.provider);
    CHECK(trail.story().attempt_count == row.count);
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
