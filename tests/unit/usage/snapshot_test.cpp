#include "usage/snapshot.h"

#include <doctest/doctest.h>

#include "usage/counters_fixture.h"

using namespace aigw;
using namespace aigw::usage;

namespace {

Snapshot sample() {
  Snapshot snapshot;
  snapshot.model = "openai/gpt \"4o\"";
  snapshot.provider = "日本";
  WindowState daily;
  daily.period = "0 0 * * *";
  daily.used = {42, 15000, 680, 1200, 80, 3, 17'600'000, 2};
  daily.last_reset = at("2024-01-15T00:00:00+01:00");
  daily.next_reset = at("2024-01-16T00:00:00+01:00");
  daily.since = 1000;
  WindowState waiting;
  waiting.period = "5h";
  WindowState endless;
  endless.used = {900, 1'000'000, 15680, 0, 1234, 56, 9, 5};
  endless.last_reset = at("2023-06-01T08:30:00+02:00");
  endless.since = 17;
  snapshot.windows = {daily, waiting, endless};
  snapshot.total = {1042, 1'000'500, 15900, 1400, 1300, 77, 5'017'600'000, 12};
  HourTotal hour;
  hour.hour = at("2024-01-15T14:00:00+01:00");
  hour.first = hour.hour + Millis(61'234);
  hour.key = "team \"a\"";
  hour.used = {12, 3400, 910, 100, 0, 1, 4'000, 1};
  hour.duration = Millis(25'310);
  hour.written = true;
  snapshot.hours = {hour};
  snapshot.sequence = 1042;
  return snapshot;
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = format_snapshot(sample());
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

// As the first release wrote it.
constexpr const char* kWithoutMoney = R"({
  "version": 1, "model": "gpt", "provider": "one",
  "period": "0 0 * * *", "requests": 3, "tokens": 45, "prompt_tokens": 30, "completion_tokens": 15,
  "estimated_tokens": 15, "errors": 1,
  "last_reset": "2024-01-15T00:00:00+00:00", "next_reset": "2024-01-16T00:00:00+00:00", "since": 2,
  "other_windows": [
    {"period": "5h", "requests": 1, "tokens": 3, "prompt_tokens": 2, "completion_tokens": 1, "estimated_tokens": 0,
     "errors": 0, "last_reset": "2024-01-15T14:00:00+00:00", "next_reset": "2024-01-15T19:00:00+00:00", "since": 4}
  ],
  "total_requests": 5, "total_tokens": 75, "total_prompt_tokens": 50, "total_completion_tokens": 25,
  "total_estimated_tokens": 20, "total_errors": 1,
  "hours": [
    {"hour": "2024-01-15T14:00:00+00:00", "first_ms": 1705327201234, "key": "-",
     "requests": 3, "tokens": 45, "prompt_tokens": 30, "completion_tokens": 15, "estimated_tokens": 15, "errors": 1,
     "duration_ms": 100, "written": false}
  ],
  "sequence": 5
}
)";

}  // namespace

TEST_SUITE("usage/snapshot") {
  TEST_CASE("what is written is read back") {
    const Snapshot want = sample();
    const auto read = parse_snapshot(format_snapshot(want));
    REQUIRE(read);
    CHECK(format_snapshot(*read) == format_snapshot(want));
    CHECK(read->model == want.model);
    CHECK(read->provider == want.provider);
    REQUIRE(read->windows.size() == want.windows.size());
    for (std::size_t i = 0; i < want.windows.size(); ++i) {
      CAPTURE(i);
      CHECK(read->windows[i].period == want.windows[i].period);
      CHECK(read->windows[i].used == want.windows[i].used);
      CHECK(read->windows[i].last_reset == want.windows[i].last_reset);
      CHECK(read->windows[i].next_reset == want.windows[i].next_reset);
      CHECK(read->windows[i].since == want.windows[i].since);
    }
    CHECK(read->total == want.total);
    REQUIRE(read->hours.size() == 1);
    CHECK(read->hours[0].hour == want.hours[0].hour);
    CHECK(read->hours[0].first == want.hours[0].first);
    CHECK(read->hours[0].key == want.hours[0].key);
    CHECK(read->hours[0].used == want.hours[0].used);
    CHECK(read->hours[0].duration == want.hours[0].duration);
    CHECK(read->hours[0].written);
    CHECK(read->sequence == want.sequence);
  }

  TEST_CASE("the file is readable and versioned, its first window at the top") {
    const std::string text = format_snapshot(sample());
    for (const char* part :
         {"\n  \"version\": 1,", "\n  \"period\": \"0 0 * * *\",", "\n  \"requests\": 42,", "\n  \"tokens\": 15680,",
          "\n  \"prompt_tokens\": 15000,", "\n  \"completion_tokens\": 680,", "\n  \"estimated_tokens\": 80,",
          "\n  \"errors\": 3,", "\n  \"cached_tokens\": 1200,", "\n  \"cost_nanos\": 17600000,",
          "\n  \"unpriced_requests\": 2,", "\n  \"total_cost_nanos\": 5017600000,", "\n  \"last_reset\": \"2024-01-1", "\n  \"next_reset\": \"2024-01-1",
          "\n  \"total_requests\": 1042,", "\n  \"total_tokens\": 1016400,", "\n  \"other_windows\": [",
          "\n  \"hours\": ["}) {
      CAPTURE(part);
      CHECK(text.find(part) != std::string::npos);
    }
  }

  TEST_CASE("a file cut anywhere is refused") {
    const std::string text = format_snapshot(sample());
    for (std::size_t length = 0; length + 1 < text.size(); ++length) {  // the last byte is a line feed
      CAPTURE(length);
      CHECK_FALSE(parse_snapshot(text.substr(0, length)));
    }
  }

  TEST_CASE("what people or other programs may have put there is refused with a reason") {
    struct Row { std::string text, want; };
    for (const Row& row :
         {Row{"[]", "it is no JSON object"}, Row{"{}", "its version is not 1"},
          Row{with("\"version\": 1", "\"version\": 2"), "its version is not 1"},
          Row{with("\"requests\": 42", "\"requests\": -1"), "requests is no count"},
          Row{with("\"requests\": 42", "\"requests\": 1.5"), "requests is no count"},
          Row{with("\"requests\": 42", "\"requests\": 1e300"), "requests is no count"},
          Row{with("\"requests\": 42", "\"requests\": 18446744073709551615"), "requests is no count"},
          Row{with("\"requests\": 42", "\"requests\": \"42\""), "requests is no count"},
          Row{with("\"errors\"", "\"erors\""), "errors is missing"},
          Row{with("\"cost_nanos\": 1", "\"cost_nanos\": -1"), "cost_nanos is no count"},
          Row{with("\"cost_nanos\": 1", "\"cost_nanos\": 0.1"), "cost_nanos is no count"},
          Row{with("\"cached_tokens\": 1200", "\"cached_tokens\": null"), "cached_tokens is no count"},
          Row{with("\"provider\": \"日本\"", "\"provider\": null"), "provider is no text"},
          Row{with("\"last_reset\": \"2024", "\"last_reset\": \"soon"),
              "last_reset is no time like 2024-01-15T00:00:00+01:00"},
          Row{with("\"period\": \"0 0 * * *\"", "\"period\": \"0 0 31 2 *\""),
              "period is neither a cron nor a time like 5h"},
          Row{with("\"period\": \"0 0 * * *\"", "\"period\": 5"), "period is no text"},
          Row{with("\"other_windows\"", "\"windows\""), "other_windows is missing"},
          Row{with("\"other_windows\": [", "\"other_windows\": [1, "),
              "other_windows holds something else than objects"},
          Row{with("\"other_windows\": [", "\"other_windows\": [{}, "), "other_windows[].period is missing"},
          Row{with("\"period\": \"5h\"", "\"period\": \"5 hours\""),
              "other_windows[].period is neither a cron nor a time like 5h"},
          Row{with("\"hours\": [", "\"hours\": {\"a\": ["), "it is no JSON object"},
          Row{with("\"hours\": [", "\"hours\": [{}, "), "hours[].hour is missing"},
          Row{with("\"hours\": [", "\"hours\": \"none\", \"were\": ["), "hours is no list"},
          Row{with("\"first_ms\": 1", "\"first_ms\": 91"), "hours[].first_ms is no count"},
          Row{with("\"written\": true", "\"written\": 1"), "hours[].written is neither true nor false"},
          Row{with("\"since\": 1000", "\"since\": 1043"), "since is after sequence"},
          Row{with("\"since\": 17", "\"since\": 1043"), "since is after sequence"}}) {
      CAPTURE(row.text);
      const auto read = parse_snapshot(row.text);
      REQUIRE_FALSE(read);
      CHECK(read.error().detail == row.want);
    }
  }

  TEST_CASE("a file from before there was money is read, with none") {
    const auto read = parse_snapshot(kWithoutMoney);
    REQUIRE(read);
    REQUIRE(read->windows.size() == 2);
    CHECK(read->windows[0].used == Counts{3, 30, 15, 0, 15, 1, 0, 0});
    CHECK(read->windows[1].used == Counts{1, 2, 1, 0, 0, 0, 0, 0});
    CHECK(read->total == Counts{5, 50, 25, 0, 20, 1, 0, 0});
    REQUIRE(read->hours.size() == 1);
    CHECK(read->hours[0].used == Counts{3, 30, 15, 0, 15, 1, 0, 0});
    CHECK(read->sequence == 5);
  }

  TEST_CASE("fields of later versions are skipped") {
    CHECK(parse_snapshot(with("\"version\": 1,", "\"version\": 1, \"note\": [1, {\"a\": null}],")));
  }
}
