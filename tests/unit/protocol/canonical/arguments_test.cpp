#include "protocol/canonical/arguments.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace aigw::protocol::canonical {
namespace {

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += "{\"a\":";
  return text;
}

}  // namespace

TEST_SUITE("protocol/canonical/arguments") {
  TEST_CASE("a call of the history becomes an object, whatever its arguments are") {
    struct Row {
      const char* arguments;
      const char* want;
    };
    for (const Row& row :
         {Row{"", "{}"}, Row{" \n", "{}"}, Row{R"({"b":1,"a":[2.0]})", R"({"b":1,"a":[2.0]})"},
          Row{"[1]", R"({"value":[1]})"}, Row{"\"x\"", R"({"value":"x"})"}, Row{"null", R"({"value":null})"},
          Row{" 7 ", R"({"value":7})"},
          Row{R"({"a":"cut)", R"({"_raw":"{\"a\":\"cut"})"}, Row{R"({} {})", R"({"_raw":"{} {}"})"},
          Row{R"(1,"x":2)", R"({"_raw":"1,\"x\":2"})"},
          Row{R"({"value":1},"value":2)", R"({"_raw":"{\"value\":1},\"value\":2"})"},
          Row{"1e999", R"({"_raw":"1e999"})"}}) {
      CAPTURE(row.arguments);
      CHECK(dump(arguments_object(row.arguments)) == row.want);
    }
  }

  TEST_CASE("cut arguments of an answer give the longest prefix that completes to an object") {
    struct Row {
      const char* arguments;
      const char* want;
    };
    for (const Row& row :
         {Row{"", "{}"}, Row{R"({"a":1})", R"({"a":1})"}, Row{"[1,2]", R"({"value":[1,2]})"},
          Row{"true", R"({"value":true})"}, Row{"{", "{}"}, Row{R"({"a)", "{}"}, Row{R"({"a")", "{}"},
          Row{R"({"a":)", "{}"}, Row{R"({"a": tr)", "{}"},
          Row{R"({"a":"hel)", R"({"a":"hel"})"}, Row{R"({"a":")", R"({"a":""})"}, Row{R"({"a":"x\)", R"({"a":"x"})"},
          Row{R"({"a":"x\u00)", R"({"a":"x"})"}, Row{R"({"a":"x\u00e9)", R"({"a":"xé"})"},
          Row{R"({"a":"x\ud83d)", R"({"a":"x"})"}, Row{R"({"a":"x\ud83d\ude)", R"({"a":"x"})"},
          Row{R"({"a":"x\ud83d\ude00)", R"({"a":"x😀"})"}, Row{R"({"a":"x\ude00y)", R"({"a":"x"})"},
          Row{R"({"a":"x\n)", R"({"a":"x\n"})"}, Row{"{\"a\":\"\xC3", R"({"a":""})"},
          Row{R"({"a":12)", R"({"a":12})"}, Row{R"({"a":-)", "{}"}, Row{R"({"a":1.)", R"({"a":1})"},
          Row{R"({"a":1.5e)", R"({"a":1.5})"}, Row{R"({"a":1.5e+)", R"({"a":1.5})"}, Row{R"({"a":012)", R"({"a":0})"},
          Row{R"({"a":1,)", R"({"a":1})"}, Row{R"({"a":1,"b)", R"({"a":1})"}, Row{R"({"a":1,"b":)", R"({"a":1})"},
          Row{R"({"a":[1,{"b":[true,")", R"({"a":[1,{"b":[true,""]}]})"}, Row{R"({"a":[1, 2,)", R"({"a":[1,2]})"},
          Row{R"({"a":[],"b":{}, )", R"({"a":[],"b":{}})"}, Row{R"({"a":1}})", R"({"a":1})"},
          Row{R"({"a":1} and more)", R"({"a":1})"}, Row{R"({"a":1 "b":2})", R"({"a":1})"},
          Row{R"({"a":[1}])", R"({"a":[1]})"}, Row{R"({'a':1})", "{}"}, Row{R"( {"a":nullx)", R"({"a":null})"},
          Row{"{\"a\":\"x\ny\"}", R"({"a":"x"})"}, Row{"[1,2", "{}"}, Row{"\"x", "{}"}, Row{"sorry", "{}"},
          Row{R"({"a":1e999)", "{}"}}) {
      CAPTURE(row.arguments);
      CHECK(dump(completed_arguments(row.arguments)) == row.want);
    }
  }

  TEST_CASE("each prefix of an object completes to an object") {
    const std::string whole = R"({"a":"x\"\\\u00e9\ud83d\ude00é","b":[1.5e+3,-2,true,null,{"c":[]}],"d":{"e":""}})";
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const std::string prefix = whole.substr(0, length);
      CAPTURE(prefix);
      const Json object = completed_arguments(prefix);
      CHECK(object.is_object());
      CHECK(dump(object).size() <= length + 8);
      if (length > 40) CHECK(object["a"] == "x\"\\é😀é");
    }
  }

  TEST_CASE("depth is limited") {
    CHECK(arguments_object(nested(5000)).contains("_raw"));
    CHECK(arguments_object(nested(5000) + "1" + std::string(5000, '}')).contains("_raw"));
    CHECK(arguments_object(std::string(5000, '[') + std::string(5000, ']')).contains("_raw"));
    CHECK(completed_arguments(nested(100)).is_object());
    CHECK(completed_arguments(nested(5000)).is_object());
  }

  TEST_CASE("an object of more members than a tree may have stays text") {
    std::string text = R"({"0":0)";
    for (int i = 1; i <= 10'000; ++i) text += ",\"" + std::to_string(i) + "\":0";
    CHECK(arguments_object(text + "}").contains("_raw"));
  }

  TEST_CASE("the scan knows when arguments in fragments are one complete value") {
    struct Row {
      const char* arguments;
      bool begun;
      bool complete;
    };
    for (const Row& row :
         {Row{"", false, false}, Row{" \n", false, false}, Row{"{", true, false}, Row{"{}", true, true},
          Row{R"({"a":"}"})", true, true}, Row{R"({"a":"}")", true, false}, Row{R"({"a":"\"}")", true, false},
          Row{R"({"a":"\\"})", true, true}, Row{"[[],{}]", true, true}, Row{"[[],{}", true, false},
          Row{R"("text")", true, true}, Row{R"("tex\")", true, false}, Row{"12", true, false}, Row{"true", true, false},
          Row{"{} x", true, true}, Row{"}{", true, false}}) {
      CAPTURE(row.arguments);
      ArgumentsScan whole;
      whole.feed(row.arguments);
      CHECK(whole.begun() == row.begun);
      CHECK(whole.complete() == row.complete);
      ArgumentsScan bytes;
      for (const char c : std::string_view(row.arguments)) bytes.feed({&c, 1});
      CHECK(bytes.begun() == row.begun);
      CHECK(bytes.complete() == row.complete);
    }
  }
}

}  // namespace aigw::protocol::canonical
