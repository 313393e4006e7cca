#include "auth/key_file.h"

#include <doctest/doctest.h>

#include <string>

#include "base/timestamp.h"

namespace aigw::auth {
namespace {

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

std::string entry(const std::string& name, const std::string& digest, const std::string& settings = "{}") {
  return R"({"name":")" + name + R"(","created":"2026-11-21T14:00:00Z","digests":[{"sha256":")" + digest +
         R"("}],"settings":)" + settings + "}";
}

std::string file_with(const std::string& entries) { return R"({"version":1,"keys":[)" + entries + "]}"; }

// The one thing that is said about the text.
std::string fault_of(const std::string& text) {
  const auto parsed = parse_key_file(text);
  if (parsed) return "";
  CHECK(parsed.error().kind == ErrorKind::Invalid);
  return parsed.error().detail;
}

TEST_SUITE("auth/key_file") {
  TEST_CASE("what was written is read again") {
    const std::string settings =
        R"({"owner":"anna","models":["gpt-*","!gpt-5"],"enabled":false,"budget":{"cost_per_period":5.000000001}})";
    const auto keys = parse_key_file(file_with(entry("laptop", kDigest, settings) + ",\n" + entry("phone", kOther)));
    REQUIRE(keys);
    REQUIRE(keys->size() == 2);
    const StoredKey& laptop = *keys->front();
    CHECK(laptop.key.name == "laptop");
    CHECK(laptop.key.owner == "anna");
    CHECK_FALSE(laptop.key.enabled);
    CHECK(laptop.key.digests == std::vector<config::KeyDigest>{{kDigest, std::nullopt}});
    CHECK(laptop.key.budget.at(0).cost_per_period == 5'000'000'001);
    CHECK(laptop.created == parse_timestamp("2026-11-21T14:00:00Z"));
    CHECK(laptop.settings == settings);

    const std::string text = format_key_file(*keys);
    const auto again = parse_key_file(text);
    REQUIRE(again);
    CHECK(format_key_file(*again) == text);
    CHECK(again->front()->key == laptop.key);
    CHECK(again->back()->key == keys->back()->key);
  }

  TEST_CASE("the form of the file is what its header shows") {
    auto parsed = parse_key_file(file_with(entry("laptop", kDigest, R"({"owner":"anna"})")));
    REQUIRE(parsed);
    StoredKey key = *parsed->front();
    const WallTime until = *parse_timestamp("2026-11-22T14:00:00Z");
    key.key.digests.push_back({kOther, until});
    CHECK(format_key_file({std::make_shared<const StoredKey>(key)}) ==
          "{\"version\":1,\"keys\":[\n{\"name\":\"laptop\",\"created\":\"" + format_timestamp(key.created) +
              "\",\"digests\":[{\"sha256\":\"" + kDigest + "\"},{\"sha256\":\"" + kOther + "\",\"until\":\"" +
              format_timestamp(until) + "\"}],\"settings\":{\"owner\":\"anna\"}}\n]}\n");
    CHECK(fault_of(format_key_file({})).empty());
  }

  TEST_CASE("digits of a digest may be written in either case") {
    const auto keys = parse_key_file(file_with(entry("laptop", std::string(64, 'A'))));
    REQUIRE(keys);
    CHECK(keys->front()->key.digests.front().sha256 == kDigest);
  }

  TEST_CASE("what is wrong is refused with its place") {
    struct Row {
      std::string text;
      std::string want;
    };
    const std::string good = entry("laptop", kDigest);
    const auto changed = [&](const std::string& from, const std::string& to) {
      std::string text = good;
      return file_with(text.replace(text.find(from), from.size(), to));
    };
    const std::string no_version = "version: expected 1; is the file a newer gateway's?";
    for (const Row& row :
         {Row{R"({"keys":[]})", "version: is missing"}, Row{R"({"version":1})", "keys: is missing"},
          Row{R"({"version":2,"keys":[]})", no_version}, Row{R"({"version":"1","keys":[]})", no_version},
          Row{R"({"version":1,"keys":{}})", "keys: expected a list"},
          Row{R"({"version":1,"keys":[],"more":1})", "more: unknown field"},
          Row{R"({"version":1,"keys":[7]})", "keys[0]: expected an object"}, Row{"[]", "expected an object"},
          Row{changed(R"("settings":{})", R"("settings":{},"colour":"red")"), "keys[0].colour: unknown field"},
          Row{changed(R"("name":"laptop",)", ""), "keys[0].name: is missing"},
          Row{changed(R"(,"settings":{})", ""), "keys[0].settings: is missing"},
          Row{changed(R"("name":"laptop")", R"("name":"laptop","name":"phone")"),
              "keys[0].name: this field is written twice"},
          Row{changed(R"("laptop")", "7"), "keys[0].name: expected a text"},
          Row{changed("laptop", "jwt"), "keys[0].name: the gateway uses this name itself"},
          Row{changed("2026-11-21T14:00:00Z", "yesterday"),
              "keys[0].created: expected a time like 2024-01-15T00:00:00+01:00"},
          Row{changed(R"([{"sha256":")" + kDigest + R"("}])", "[]"), "keys[0].digests: at least one is required"},
          Row{changed(kDigest, "abc"), "keys[0].digests[0].sha256: expected 64 hexadecimal digits"},
          Row{changed(kDigest, std::string(64, 'g')), "keys[0].digests[0].sha256: expected 64 hexadecimal digits"},
          Row{changed("\"}]", R"(","until":"soon"}])"),
              "keys[0].digests[0].until: expected a time like 2024-01-15T00:00:00+01:00"},
          Row{changed("\"}]", R"(","since":"soon"}])"), "keys[0].digests[0].since: unknown field"},
          Row{changed(R"("settings":{})", R"("settings":[])"), "keys[0].settings: expected an object, got an array"},
          Row{changed(R"("settings":{})", R"("settings":{"ownr":"anna"})"),
              "keys[0].settings: ownr: unknown field, did you mean \"owner\"?"},
          Row{file_with(good + "," + entry("laptop", kOther)), "keys[1].name: the same as in keys[0]"},
          Row{file_with(good + "," + entry("phone", kDigest)), "keys[1].digests[0].sha256: the same as in keys[0]"}}) {
      CAPTURE(row.text);
      CHECK(fault_of(row.text) == row.want);
    }
  }

  TEST_CASE("a text that is no JSON is refused, wherever it breaks off") {
    const std::string whole = file_with(entry("laptop", kDigest) + "," + entry("phone", kOther));
    REQUIRE(fault_of(whole).empty());
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
      CAPTURE(bytes);
      CHECK_FALSE(fault_of(whole.substr(0, bytes)).empty());
    }
    for (const std::string behind : {"{}", "]", " x", ","}) {
      CAPTURE(behind);
      CHECK_FALSE(fault_of(whole + behind).empty());
    }
    CHECK(fault_of(whole + " \n").empty());
    CHECK(fault_of("{\"version\":1,\n\"keys\":[}").find("line 2") != std::string::npos);
  }
}

}  // namespace
}  // namespace aigw::auth
