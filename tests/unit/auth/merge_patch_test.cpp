#include "auth/merge_patch.h"

#include <doctest/doctest.h>

#include <string>

namespace aigw::auth {

TEST_SUITE("auth/merge_patch") {
  TEST_CASE("the examples of RFC 7396, appendix A") {
    struct Row {
      std::string target;
      std::string patch;
      std::string want;
    };
    for (const Row& row :
         {Row{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
          Row{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
          Row{R"({"a":"b"})", R"({"a":null})", R"({})"},
          Row{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
          Row{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
          Row{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
          Row{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
          Row{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
          Row{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
          Row{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
          Row{R"({"a":"foo"})", "null", "null"},
          Row{R"({"a":"foo"})", R"("bar")", R"("bar")"},
          Row{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
          Row{R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
          Row{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
      CAPTURE(row.target);
      CAPTURE(row.patch);
      const auto merged = merge_patch(row.target, row.patch);
      REQUIRE(merged);
      CHECK(*merged == row.want);
    }
  }

  TEST_CASE("members keep their places and numbers their digits") {
    const auto merged = merge_patch(R"({ "z": 1.50, "b": {"y": 1, "x": 0.000000001}, "a": 1e2 })",
                                    R"({ "b": {"x": 0.10, "w": 12345678901234567890}, "z": null, "c": true })");
    REQUIRE(merged);
    CHECK(*merged == R"({"b":{"y":1,"x":0.10,"w":12345678901234567890},"a":1e2,"c":true})");
    const auto compact = compact_json("{ \"a\" : [ 1.0 , null ] }\n");
    REQUIRE(compact);
    CHECK(*compact == R"({"a":[1.0,null]})");
  }

  TEST_CASE("what is no JSON, or names a member twice, is refused with its place") {
    struct Row {
      std::string json;
      std::string want;
    };
    for (const Row& row : {Row{R"({"a":1,"b":{"c":1,"c":2}})", "b.c: this field is written twice"},
                           Row{R"({"a":1,"a":2,"b":1,"b":2})",
                               "a: this field is written twice\nb: this field is written twice"}}) {
      CAPTURE(row.json);
      for (const auto& refused : {merge_patch("{}", row.json), merge_patch(row.json, "{}"), compact_json(row.json)}) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::Invalid);
        CHECK(refused.error().detail == row.want);
      }
    }
    for (const std::string broken : {"", "{", "{\"a\":}", "\xff"}) {
      CAPTURE(broken);
      CHECK_FALSE(merge_patch("{}", broken));
      CHECK_FALSE(compact_json(broken));
    }
  }

  TEST_CASE("64 KiB are allowed, for what goes in and for what comes out") {
    const auto with_bytes = [](const std::string& name, std::size_t bytes) {
      return "{\"" + name + "\":\"" + std::string(bytes - name.size() - 7, 'x') + "\"}";
    };
    const std::string largest = with_bytes("a", kSettingsBytesMax);
    REQUIRE(largest.size() == kSettingsBytesMax);
    CHECK(compact_json(largest));
    CHECK(merge_patch("{}", largest));
    CHECK(merge_patch(largest, R"({"a":1})"));
    const std::string half = with_bytes("b", kSettingsBytesMax / 2 + 1);
    for (const auto& refused : {compact_json(largest + " "), merge_patch("{}", largest + " "),
                                merge_patch(largest, R"({"b":1})"), merge_patch(half, with_bytes("c", half.size()))}) {
      REQUIRE_FALSE(refused);
      CHECK(refused.error().detail == "more than 65536 bytes of settings");
    }
  }
}

}  // namespace aigw::auth
