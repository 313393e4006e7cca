#include "observe/exposition.h"

#include <doctest/doctest.h>

#include <array>

#include "observe/process_stats.h"

namespace aigw::observe {
namespace {

using Type = Exposition::Type;

constexpr std::array<std::int64_t, 2> kTimeBounds = {25'000, 1'000 * kMilli};
constexpr std::array<std::int64_t, 2> kNumberBounds = {1, 4};

TEST_SUITE("observe/exposition") {
  TEST_CASE("label values are escaped") {
    struct Row {
      const char* name;
      const char* value;
      const char* want;
    };
    for (const Row& row : {Row{"plain", "gpt-4", "l=\"gpt-4\""}, Row{"quote", "a\"b", "l=\"a\\\"b\""},
                           Row{"backslash", "a\\b", "l=\"a\\\\b\""}, Row{"line end", "a\nb", "l=\"a\\nb\""},
                           Row{"what looks like a label", "a\"} 1\nx 2", "l=\"a\\\"} 1\\nx 2\""},
                           Row{"UTF-8", "\xC3\xA9", "l=\"\xC3\xA9\""}, Row{"other controls", "a\tb\r", "l=\"a\tb\r\""},
                           Row{"empty", "", ""}}) {
      CAPTURE(row.name);
      CHECK(Labels().add("l", row.value).text() == row.want);
    }
  }

  TEST_CASE("both formats, whole") {
    Histogram times(kTimeBounds);
    for (const std::int64_t value : {25'000, 25'001, 2'000'000'000}) times.record(value);
    Histogram numbers(kNumberBounds);
    numbers.record(4);
    const Histogram nothing(kNumberBounds);
    const Labels a = Labels().add("model", "a");
    const auto written = [&](Format format) {
      Exposition out(format);
      out.family({"x_requests", Type::Counter, "", "Say \"hi\" \\ twice."});
      out.count(a, 3);
      out.family({"x_cost_dollars", Type::Counter, "dollars", "Cost."});
      out.billionths({}, 1);
      out.family({"x_free", Type::Gauge, "", "Free."});
      out.whole({}, -2);
      out.family({"x_build", Type::Info, "", "Build."});
      out.whole(a, 1);
      out.family({"x_time_seconds", Type::Histogram, "seconds", "Time."});
      out.histogram(a, times);
      out.family({"x_usage", Type::Histogram, "", "Usage."});
      out.histogram({}, numbers);
      out.histogram(a, nothing);
      return out.finish();
    };
    CHECK(written(Format::Text) == R"(# HELP x_requests_total Say "hi" \\ twice.
# TYPE x_requests_total counter
x_requests_total{model="a"} 3
# HELP x_cost_dollars_total Cost.
# TYPE x_cost_dollars_total counter
x_cost_dollars_total 0.000000001
# HELP x_free Free.
# TYPE x_free gauge
x_free -2
# HELP x_build_info Build.
# TYPE x_build_info gauge
x_build_info{model="a"} 1
# HELP x_time_seconds Time.
# TYPE x_time_seconds histogram
x_time_seconds_bucket{model="a",le="0.000025"} 1
x_time_seconds_bucket{model="a",le="1.0"} 2
x_time_seconds_bucket{model="a",le="+Inf"} 3
x_time_seconds_sum{model="a"} 2.000050001
x_time_seconds_count{model="a"} 3
# HELP x_usage Usage.
# TYPE x_usage histogram
x_usage_bucket{le="1.0"} 0
x_usage_bucket{le="4.0"} 1
x_usage_bucket{le="+Inf"} 1
x_usage_sum 4
x_usage_count 1
)");
    CHECK(written(Format::OpenMetrics) == R"(# HELP x_requests Say \"hi\" \\ twice.
# TYPE x_requests counter
x_requests_total{model="a"} 3
# HELP x_cost_dollars Cost.
# TYPE x_cost_dollars counter
# UNIT x_cost_dollars dollars
x_cost_dollars_total 0.000000001
# HELP x_free Free.
# TYPE x_free gauge
x_free -2
# HELP x_build Build.
# TYPE x_build info
x_build_info{model="a"} 1
# HELP x_time_seconds Time.
# TYPE x_time_seconds histogram
# UNIT x_time_seconds seconds
x_time_seconds_bucket{model="a",le="0.000025"} 1
x_time_seconds_bucket{model="a",le="1.0"} 2
x_time_seconds_bucket{model="a",le="+Inf"} 3
x_time_seconds_sum{model="a"} 2.000050001
x_time_seconds_count{model="a"} 3
# HELP x_usage Usage.
# TYPE x_usage histogram
x_usage_bucket{le="1.0"} 0
x_usage_bucket{le="4.0"} 1
x_usage_bucket{le="+Inf"} 1
x_usage_sum 4
x_usage_count 1
# EOF
)");
  }

  TEST_CASE("the format is the one that is wanted most") {
    struct Row {
      const char* accept;
      Format format;
    };
    constexpr Format kText = Format::Text;
    constexpr Format kOpen = Format::OpenMetrics;
    for (const Row& row : {
             Row{"", kText},
             Row{"*/*", kText},
             Row{"text/plain", kText},
             Row{"application/json", kText},
             Row{"application/openmetrics-text", kOpen},
             Row{"Application/OpenMetrics-Text; Version=1.0.0", kOpen},
             Row{"application/openmetrics-text; version=\"1.0.0\"", kOpen},
             Row{"application/openmetrics-text; version=0.0.1", kText},
             Row{"application/openmetrics-text;q=0", kText},
             Row{"application/openmetrics-text;q=0.000,text/plain;q=0", kText},
             Row{"application/openmetrics-text;q=0.3,text/plain;q=0.5", kText},
             Row{"application/openmetrics-text;q=0.5, text/plain;q=0.5", kOpen},
             Row{"application/openmetrics-text;q=0.5, */*", kText},
             Row{"application/openmetrics-text;q=0.5, */*, text/plain;q=0.1", kOpen},
             Row{"application/openmetrics-text;q=0.5, text/*;q=0.6, text/plain;q=0.4, */*;q=0.9", kOpen},
             Row{"application/openmetrics-text;q=1.5", kText},
             Row{"application/openmetrics-text;q=nonsense, text/plain;q=0.001", kText},
             Row{";;,,q=1,=", kText},
             // Prometheus 2.42 and 3.0
             Row{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                 kOpen},
             Row{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                 "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                 "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                 kOpen},
         }) {
      CAPTURE(row.accept);
      CHECK(format_for(row.accept) == row.format);
    }
  }

  TEST_CASE("the system knows this process") {
    const ProcessStats stats = process_stats();
    CHECK(stats.resident_bytes > 0);
    CHECK(stats.virtual_bytes >= stats.resident_bytes);
    CHECK(stats.open_fds >= 3);
    CHECK(stats.max_fds >= stats.open_fds);
    CHECK(stats.started < wall_now());
    CHECK(stats.started > wall_now() - std::chrono::hours(24));
  }
}

}  // namespace
}  // namespace aigw::observe
