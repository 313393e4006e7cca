#include "routing/route_table.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::routing {
namespace {

struct Entry {
  std::string model;
  std::vector<std::string> aliases;
};

config::Config config_of(const std::vector<Entry>& entries) {
  config::Config config;
  for (const Entry& entry : entries) {
    config::Route route;
    route.model = entry.model;
    route.aliases = entry.aliases;
    config.routes.push_back(route);
  }
  return config;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

// The model of the route that was found, "" for none.
std::string found(const config::Config& config, const RouteTable& table, std::string_view model) {
  const std::size_t index = table.find(model);
  return index == RouteTable::npos ? "" : config.routes.at(index).model;
}

TEST_SUITE("routing/route_table") {
  TEST_CASE("exact beats alias beats pattern, wherever they stand in the file") {
    const auto config = config_of({{"*", {}},
                                   {"claude-*", {}},
                                   {"first", {"fast", "gpt-4o", "claude-fast"}},
                                   {"gpt-4o", {"omni"}},
                                   {"claude-opus-*", {}},
                                   {"claude-opus-4", {}}});
    const RouteTable table(config);
    struct Row {
      const char* model;
      const char* want;
    };
    for (const Row& row : {Row{"gpt-4o", "gpt-4o"}, Row{"omni", "gpt-4o"}, Row{"fast", "first"},
                           Row{"claude-fast", "first"}, Row{"claude-opus-4", "claude-opus-4"},
                           Row{"claude-opus-5", "claude-opus-*"}, Row{"claude-", "claude-*"},
                           Row{"claude", "*"}, Row{"GPT-4o", "*"}, Row{"", "*"}}) {
      CAPTURE(row.model);
      CHECK(found(config, table, row.model) == row.want);
    }
  }

  TEST_CASE("an unknown model is found nowhere") {
    const auto config = config_of({{"gpt-4o", {"omni"}}, {"claude-*", {}}});
    const RouteTable table(config);
    for (const char* model : {"", "gpt-4", "gpt-4o-mini", "xgpt-4o", "omn", "Claude-3", "my-claude-3"}) {
      CAPTURE(model);
      CHECK(table.find(model) == RouteTable::npos);
    }
    CHECK(RouteTable(config_of({})).find("gpt-4o") == RouteTable::npos);
  }

  TEST_CASE("the pattern with the longest literal part wins, the first in the file among equals") {
    struct Row {
      const char* name;
      std::vector<Entry> entries;
      const char* model;
      const char* want;
    };
    const std::vector<Row> rows = {
        {"longer prefix", {{"a*", {}}, {"abc*", {}}, {"ab*", {}}}, "abcd", "abc*"},
        {"the longest does not match", {{"a*", {}}, {"abc*", {}}, {"ab*", {}}}, "abd", "ab*"},
        {"suffix against prefix", {{"gpt-*", {}}, {"*-mini-high", {}}}, "gpt-mini-high", "*-mini-high"},
        {"stars do not count", {{"a*****", {}}, {"ab*", {}}}, "abc", "ab*"},
        {"equals, first in the file", {{"ab*", {}}, {"*cd", {}}}, "abcd", "ab*"},
        {"equals, the other way round", {{"*cd", {}}, {"ab*", {}}}, "abcd", "*cd"},
        {"parts are added up", {{"abc*", {}}, {"ab*ef", {}}}, "abcdef", "ab*ef"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto config = config_of(row.entries);
      CHECK(found(config, RouteTable(config), row.model) == row.want);
    }
  }

  TEST_CASE("the first in the file wins among a great many equals") {
    std::vector<Entry> entries;
    for (char letter = 'z'; letter >= 'a'; --letter) entries.push_back({"*" + std::string(1, letter) + "*", {}});
    const auto config = config_of(entries);
    CHECK(found(config, RouteTable(config), "abcdefghijklmnopqrstuvwxyz") == "*z*");
  }

  TEST_CASE("a star alone matches everything that nothing else does") {
    const auto config = config_of({{"*", {}}, {"gpt-4o", {}}});
    const RouteTable table(config);
    for (const char* model : {"anything", "", "*", "a/b:c"}) {
      CAPTURE(model);
      CHECK(found(config, table, model) == "*");
    }
  }

  TEST_CASE("a star in an alias is a star") {
    const auto config = config_of({{"gpt-4o", {"gpt-*"}}});
    const RouteTable table(config);
    CHECK(found(config, table, "gpt-*") == "gpt-4o");
    CHECK(found(config, table, "gpt-5") == "");
  }

  TEST_CASE("an unknown model is answered with the nearest models and aliases, never with a pattern") {
    const auto config = config_of(
        {{"gpt-4o", {"gpt-4o-latest"}}, {"gpt-4o-mini", {}}, {"gpt-5*", {}}, {"gpt-4", {}}, {"demo", {}}});
    const RouteTable table(config);
    struct Row {
      const char* model;
      const char* want;
    };
    for (const Row& row : {Row{"demmo", "demo"}, Row{"gpt-4o-mino", "gpt-4o-mini gpt-4o gpt-4"},
                           Row{"gpt4o-latest", "gpt-4o-latest"}, Row{"gpt-5*", "gpt-4 gpt-4o"},
                           Row{"something else", ""}}) {
      CAPTURE(row.model);
      CHECK(joined(table.suggestions(row.model)) == row.want);
    }
  }
}

}  // namespace
}  // namespace aigw::routing
