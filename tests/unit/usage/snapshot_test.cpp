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
  snapshot.state.requests = 42;
  snapshot.state.tokens = 15680;
  snapshot.state.prompt_tokens = 15000;
  snapshot.state.completion_tokens = 680;
  snapshot.state.estimated_tokens = 80;
  snapshot.state.errors = 3;
  snapshot.state.total_requests = 1042;
  snapshot.state.total_tokens = 1015680;
  snapshot.state.last_reset = at("2024-01-15T00:00:00+01:00");
  snapshot.state.next_reset = at("2024-01-16T00:00:00+01:00");
  snapshot.period_cron = "0 0 * * *";
  snapshot.period = 17;
  snapshot.sequence = 1042;
  return snapshot;
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = format_snapshot(sample());
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

}  // namespace

TEST_SUITE("usage/snapshot") {
  TEST_CASE("what is written is read back") {
    const Snapshot want = sample();
    const auto read = parse_snapshot(format_snapshot(want));
    REQUIRE(read);
    CHECK(format_snapshot(*read) == format_snapshot(want));
    CHECK(read->model == want.model);
    CHECK(read->provider == want.provider);
    CHECK(read->state.last_reset == want.state.last_reset);
    CHECK(read->state.next_reset == want.state.next_reset);
    CHECK(read->state.total_tokens == want.state.total_tokens);
    CHECK(read->sequence == want.sequence);
  }

  TEST_CASE("the file is readable and versioned") {
    const std::string text = format_snapshot(sample());
    for (const char* part : {"\"version\": 1,", "\"requests\": 42,", "\"tokens\": 15680,", "\"estimated_tokens\": 80,",
                             "\"last_reset\": \"2024-01-1", "\"total_requests\": 1042,"}) {
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
          Row{with("\"provider\": \"日本\"", "\"provider\": null"), "provider is no text"},
          Row{with("\"last_reset\": \"2024", "\"last_reset\": \"soon"),
              "last_reset is no time like 2024-01-15T00:00:00+01:00"}}) {
      CAPTURE(row.text);
      const auto read = parse_snapshot(row.text);
      REQUIRE_FALSE(read);
      CHECK(read.error().detail == row.want);
    }
  }

  TEST_CASE("fields of later versions are skipped") {
    CHECK(parse_snapshot(with("\"version\": 1,", "\"version\": 1, \"note\": [1, {\"a\": null}],")));
  }
}
