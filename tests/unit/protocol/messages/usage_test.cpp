#include "protocol/messages/usage.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace aigw::protocol::messages {
namespace {

UsageCounts counts_of(const std::vector<std::string>& objects) {
  UsageCounts counts;
  for (const std::string& object : objects) counts.note(Json::parse(object));
  return counts;
}

}  // namespace

TEST_SUITE("protocol/messages/usage") {
  TEST_CASE("counts are cumulative, and what a cache had is part of the prompt") {
    struct Row {
      std::string name;
      std::vector<std::string> objects;
      std::vector<std::int64_t> want;  // prompt, read, write, output, reasoning
    };
    const std::vector<Row> rows = {
        {"all", {R"({"input_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":7,
                     "output_tokens_details":{"thinking_tokens":3}})"}, {125, 100, 20, 7, 3}},
        {"later ones replace, never add", {R"({"input_tokens":5,"output_tokens":1})", R"({"output_tokens":9})",
                                           R"({"input_tokens":6,"output_tokens":12})"}, {6, 0, 0, 12, 0}},
        {"null equals absence", {R"({"input_tokens":5,"cache_read_input_tokens":2})",
                                 R"({"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":4})"},
         {7, 2, 0, 4, 0}},
        {"only the split is told",
         {R"({"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}})"},
         {7, 0, 7, 0, 0}},
        {"no numbers", {R"({"input_tokens":"5","output_tokens":[1],"cache_creation":7})"}, {0, 0, 0, 0, 0}},
        {"out of range", {R"({"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,
                             "output_tokens":-3})"},
         {2'000'000'000'000'000, 1'000'000'000'000'000, 0, 0, 0}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const std::optional<canonical::Usage> usage = counts_of(row.objects).total();
      REQUIRE(usage);
      CHECK(std::vector<std::int64_t>{usage->prompt, usage->cache_read, usage->cache_write, usage->output,
                                      usage->reasoning} == row.want);
    }
  }

  TEST_CASE("no usage is not a usage of zero") {
    CHECK_FALSE(counts_of({}).total());
    CHECK_FALSE(counts_of({"{}"}).total());
  }

  TEST_CASE("a client gets all four counts, and only the uncached rest as input") {
    canonical::Usage usage;
    usage.prompt = 125;
    usage.cache_read = 100;
    usage.cache_write = 20;
    usage.output = 7;
    usage.reasoning = 3;
    CHECK(usage_object(usage).dump() ==
          R"({"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":7})");
    usage.prompt = 50;
    CHECK(usage_object(usage).at("input_tokens") == 0);
    usage.cache_write_1h = 20;
    CHECK(usage_object(usage).at("cache_creation").dump() ==
          R"({"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":20})");
    CHECK(usage_object({}).dump() ==
          R"({"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0})");
  }
}

}  // namespace aigw::protocol::messages
