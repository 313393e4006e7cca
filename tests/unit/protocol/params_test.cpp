#include "protocol/params.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(std::string_view body, std::vector<Edit>& edits) {
  std::string text;
  for (const std::string_view piece : protocol::apply(body, edits)) text += piece;
  return text;
}

std::string adapted(std::string_view body, const config::Params& params,
                    const std::vector<std::string_view>& owned = {"model", "stream"}) {
  std::vector<Edit> edits = adapt_params(body, params, owned);
  return joined(body, edits);
}

bool is_absent(const Json& object, const std::string& name) { return !object.contains(name) || object[name].is_null(); }

// The same, done on a tree without regard to bytes.
Json adapted_tree(Json body, const config::Params& params) {
  for (const std::string& name : params.drop) body.erase(name);
  Json rest = body;
  for (const auto& [old_name, new_name] : params.rename) {
    if (old_name != new_name) rest.erase(old_name);
  }
  Json renamed = Json::object();
  for (const auto& [name, value] : body.items()) {
    const auto found = params.rename.find(name);
    if (found == params.rename.end() || found->second == name) {
      if (!renamed.contains(name)) renamed[name] = value;
    } else if (is_absent(rest, found->second)) {
      renamed[found->second] = value;
    }
  }
  for (const auto& [name, value] : params.set) renamed[name] = Json::parse(value);
  for (const auto& [name, value] : params.defaults) {
    if (is_absent(renamed, name)) renamed[name] = Json::parse(value);
  }
  return renamed;
}

// What the gateway does to a body besides.
std::vector<Edit> gateway_edits(std::string_view body, bool streams, bool wants_usage) {
  std::vector<Edit> edits;
  const Result<Envelope> envelope = read_envelope(body);
  REQUIRE(envelope);
  set_model(*envelope, "up", edits);
  set_stream(*envelope, streams, edits);
  if (wants_usage && streams) ask_for_usage(*envelope, body, edits);
  return edits;
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  bool chance(std::size_t of) { return below(of) == 0; }
  std::string name() { return std::string(1, static_cast<char>('a' + below(6))); }
  std::string blanks() { return std::string(below(2), chance(2) ? ' ' : '\n'); }
  std::string value() {
    static const std::vector<std::string> values = {"1.0",  "12345678901234567890123", "null", "\"\\u00e9\"",
                                                    "true", "{ \"a\" : [1, 2] }",      "[]",   "\"a,}\""};
    return values[below(values.size())];
  }

  std::string body() {
    std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "model", "stream", "stream_options"};
    std::shuffle(names.begin(), names.end(), random_);
    names.resize(below(names.size() + 1));
    std::string text;
    for (const std::string& each : names) {
      text += (text.empty() ? "" : ",") + blanks() + '"' + each + '"' + blanks() + ':' + blanks() + value_of(each) +
              blanks();
    }
    return blanks() + '{' + (text.empty() ? blanks() : text) + '}' + blanks();
  }

  config::Params params() {
    config::Params params;
    for (std::size_t i = below(3); i > 0; --i) params.drop.push_back(name());
    std::vector<std::string> targets = {"a", "b", "c", "d", "e", "f", "g"};
    std::shuffle(targets.begin(), targets.end(), random_);
    for (std::size_t i = below(3); i > 0; --i) params.rename[name()] = targets[i];
    for (std::size_t i = below(3); i > 0; --i) params.set[name()] = value();
    for (std::size_t i = below(3); i > 0; --i) params.defaults[name()] = value();
    return params;
  }

 private:
  std::string value_of(const std::string& name) {
    if (name == "model") return "\"client's\"";
    if (name == "stream") return chance(2) ? "true" : "false";
    if (name == "stream_options") return chance(2) ? "{\"include_usage\": false, \"x\":1}" : "{ }";
    return value();
  }

  std::mt19937 random_;
};

}  // namespace

TEST_SUITE("protocol/params") {

TEST_CASE("members are dropped, renamed, set and filled in, and all other bytes stay") {
  struct Row {
    const char* name;
    const char* body;
    config::Params params;
    const char* want;
  };
  const Row rows[] = {
      {"nothing to do", R"({"a": 1.0})", {{"x"}, {{"y", "z"}}, {}, {{"a", "2"}}}, R"({"a": 1.0})"},
      {"first", R"({ "a":1, "b":2 })", {{"a"}, {}, {}, {}}, R"({  "b":2 })"},
      {"middle", R"({"a":1, "b":2, "c":3})", {{"b"}, {}, {}, {}}, R"({"a":1,  "c":3})"},
      {"last", R"({"a":1, "b":2 })", {{"b"}, {}, {}, {}}, R"({"a":1 })"},
      {"last two", R"({"a":1, "b":2,"c":3})", {{"b", "c"}, {}, {}, {}}, R"({"a":1})"},
      {"all", R"({ "a":1,"b":2 })", {{"a", "b"}, {}, {}, {}}, R"({  })"},
      {"all, and one set", R"({"a":1})", {{"a"}, {}, {{"b", "2"}}, {}}, R"({"b":2})"},
      {"renamed", R"({"max_tokens" : 1e2})", {{}, {{"max_tokens", "n\"x"}}, {}, {}}, R"({"n\"x" : 1e2})"},
      {"a name with escapes", R"({"\u0061":1})", {{"a"}, {}, {}, {}}, R"({})"},
      {"exchanged", R"({"a":1,"b":2})", {{}, {{"a", "b"}, {"b", "a"}}, {}, {}}, R"({"b":1,"a":2})"},
      {"the new name was sent", R"({"a":1,"b":2})", {{}, {{"a", "b"}}, {}, {}}, R"({"b":2})"},
      {"the new name was null", R"({"a":1,"b":null})", {{}, {{"a", "b"}}, {}, {}}, R"({"b":1})"},
      {"the new name was dropped", R"({"b":2,"a":1})", {{"b"}, {{"a", "b"}}, {}, {}}, R"({"b":1})"},
      {"renamed, then set", R"({"a":1})", {{}, {{"a", "b"}}, {{"b", "3.10"}}, {}}, R"({"b":3.10})"},
      {"set anew", R"({"a":1})", {{}, {}, {{"b", "{\"x\":[]}"}, {"c", "2"}}, {}}, R"({"b":{"x":[]},"c":2,"a":1})"},
      {"set every occurrence", R"({"a":1,"a":2})", {{}, {}, {{"a", "3"}}, {}}, R"({"a":3,"a":3})"},
      {"default of a dropped one", R"({"a":1})", {{"a"}, {}, {}, {{"a", "2"}}}, R"({"a":2})"},
      {"default for null", R"({"a": null})", {{}, {}, {}, {{"a", "2"}}}, R"({"a": 2})"},
      {"set beats default", R"({})", {{}, {}, {{"a", "1"}}, {{"a", "2"}}}, R"({"a":1})"},
      {"owned names", R"({"model":"m","a":1})",
       {{"model"}, {{"model", "x"}, {"a", "stream"}}, {{"model", "1"}}, {{"stream", "true"}}},
       R"({"model":"m","a":1})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(adapted(row.body, row.params) == row.want);
  }
}

TEST_CASE("neighbours that others take out, and members that others insert, share their commas") {
  struct Row {
    const char* body;
    config::Params params;
    const char* want;
  };
  const Row rows[] = {
      {R"({"model":"m","a":1,"stream":true,"stream_options":{}})", {{"a"}, {}, {}, {}},
       R"({"model":"up","stream":false})"},
      {R"({"model":"m","stream":true,"a":1,"stream_options":{}})", {{"a"}, {}, {}, {}},
       R"({"model":"up","stream":false})"},
      {R"({"model":"m","stream":true,"stream_options":{},"a":1})", {{"a"}, {}, {}, {}},
       R"({"model":"up","stream":false})"},
      {R"({"a":1})", {{"a"}, {}, {}, {}}, R"({"model":"up"})"},
      {R"({"a":1})", {{"a"}, {}, {{"b", "2"}}, {}}, R"({"model":"up","b":2})"},
      {R"({})", {{}, {}, {{"b", "2"}}, {}}, R"({"model":"up","b":2})"},
      {R"({"c":0})", {{}, {}, {{"b", "2"}}, {}}, R"({"model":"up","b":2,"c":0})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    std::vector<Edit> edits = gateway_edits(row.body, false, false);
    adapt_params(row.body, row.params, {"model", "stream", "stream_options"}, edits);
    CHECK(joined(row.body, edits) == row.want);
  }
}

TEST_CASE("edits on bytes come to the same as edits on a tree, together with those of the gateway") {
  Dice dice(20260801);
  for (int round = 0; round < 20'000; ++round) {
    const std::string body = dice.body();
    const config::Params params = dice.params();
    std::vector<Edit> edits = gateway_edits(body, dice.chance(2), dice.chance(2));
    std::vector<Edit> first = edits;
    const Json want = adapted_tree(Json::parse(joined(body, first)), params);

    adapt_params(body, params, {"model", "stream", "stream_options"}, edits);
    const std::string got = joined(body, edits);
    const bool same = Json::accept(got) && nlohmann::json::parse(got) == nlohmann::json(want);
    bool overlaps = false;
    for (std::size_t i = 1; i < edits.size(); ++i) {
      const Span before = edits[i - 1].where;
      overlaps = overlaps || before.offset + before.length > edits[i].where.offset;
    }
    if (same && !overlaps) continue;
    CAPTURE(body);
    CAPTURE(got);
    CAPTURE(want.dump());
    REQUIRE(same);
    REQUIRE_FALSE(overlaps);
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
