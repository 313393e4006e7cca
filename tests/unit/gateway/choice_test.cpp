#include "gateway/choice.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace aigw::gateway {
namespace {


constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST_SUITE("gateway/choice") {
  TEST_CASE("a request is expected to use its prompt and the answer it allows, or else an average one") {
    constexpr std::int64_t kAverage = 30;
    struct Row {
      std::string name;
      Dialect dialect;
      std::int64_t prompt;
      std::optional<std::int64_t> max_tokens;
      std::int64_t choices;
      std::int64_t want;
    };
    for (const Row& row : {
             Row{"a limit", Dialect::Chat, 100, 500, 1, 600},
             Row{"no limit", Dialect::Chat, 100, std::nullopt, 1, 130},
             Row{"no answer wanted", Dialect::Chat, 100, 0, 1, 100},
             Row{"-1 for no limit", Dialect::Chat, 100, -1, 1, 130},
             Row{"the least number", Dialect::Chat, 100, -kMost - 1, 3, 130},
             Row{"the limit holds for each choice", Dialect::Chat, 100, 500, 3, 1'600},
             Row{"the average has all choices", Dialect::Chat, 100, std::nullopt, 3, 130},
             Row{"completions", Dialect::Completions, 100, 500, 2, 1'100},
             Row{"responses", Dialect::Responses, 100, 500, 1, 600},
             Row{"responses without a limit", Dialect::Responses, 100, std::nullopt, 1, 130},
             Row{"embeddings have no completion", Dialect::Embeddings, 100, 500, 2, 100},
             Row{"nor has what is forwarded as it is", Dialect::Plain, 100, std::nullopt, 1, 100},
             Row{"the largest limit", Dialect::Chat, 0, kMost, 1, kMost},
             Row{"the sum too large", Dialect::Chat, 1, kMost, 1, kMost},
             Row{"the product too large", Dialect::Chat, 1, kMost / 2, 3, kMost},
             Row{"both factors the largest", Dialect::Chat, 100, kMost, kMost, kMost},
             Row{"nothing of many choices", Dialect::Chat, 100, 0, kMost, 100},
         }) {
      CAPTURE(row.name);
      const protocol::Endpoint endpoint{"/path", row.dialect, protocol::BodyKind::JsonObject, true};
      Asked asked;
      asked.endpoint = &endpoint;
      asked.prompt_tokens = row.prompt;
      asked.envelope.max_tokens = row.max_tokens;
      asked.envelope.choices = row.choices;
      CHECK(expected_tokens(asked, kAverage) == row.want);
    }
  }

  TEST_CASE("before the first answer only the prompt is expected") {
    const protocol::Endpoint endpoint{"/path", Dialect::Chat, protocol::BodyKind::JsonObject, true};
    Asked asked;
    asked.endpoint = &endpoint;
    asked.prompt_tokens = 100;
    CHECK(expected_tokens(asked, 0) == 100);
  }
}

}  // namespace
}  // namespace aigw::gateway
