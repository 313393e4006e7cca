#include "config/document.h"

#include <cstdint>
#include <doctest/doctest.h>
#include <string>

#include "config/loading.h"

namespace aigw::config {
namespace {

std::string refusal_of(const std::string& text) { return lines_of(texts_of(parse_document(text).problems)); }

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_SUITE("config/document") {

TEST_CASE("values keep their kind, members their order") {
  const Document document = parse_document(R"({"z": [null, true, -1, 1.5, "x"], "a": 18446744073709551615})");
  REQUIRE(document.readable);
  REQUIRE(document.problems.empty());
  const auto& root = std::get<Node::Object>(document.root.value);
  REQUIRE(root.size() == 2);
  CHECK(root[0].name == "z");
  const auto& array = std::get<Node::Array>(root[0].value.value);
  REQUIRE(array.size() == 5);
  CHECK(std::holds_alternative<std::nullptr_t>(array[0].value));
  CHECK(std::get<bool>(array[1].value));
  CHECK(std::get<std::int64_t>(array[2].value) == -1);
  CHECK(std::get<double>(array[3].value) == 1.5);
  CHECK(std::get<std::string>(array[4].value) == "x");
  CHECK(root[1].name == "a");
  CHECK(std::get<double>(root[1].value.value) == 18446744073709551615.0);
}

TEST_CASE("comments and a byte order mark are skipped") {
  for (const char* text : {"// a\n{} // b", "/* a\n */{/**/}/* b */", "\xEF\xBB\xBF{}", "\xEF\xBB\xBF// a\n{}"}) {
    CAPTURE(std::string(text));
    const Document document = parse_document(text);
    CHECK(document.readable);
    CHECK(document.problems.empty());
  }
}

TEST_CASE("a text that is no JSON is refused with line, column and plain words") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::string unquoted = "neither a value nor a name; names and strings stand in double quotes\n";
  const std::string trailing_comma = "; the comma before it is one too many\n";
  const Row rows[] = {
      {"", "the file is empty\n"},
      {" \r\n\t", "the file is empty\n"},
      {"\xEF\xBB\xBF", "the file is empty\n"},
      {"\xFF\xFE{\0}\0", "the file is UTF-16, it must be saved as UTF-8\n"},
      {"\xFE\xFF", "the file is UTF-16, it must be saved as UTF-8\n"},
      {std::string("{\n  \0}", 6), "line 2, column 3: a NUL byte; is this really a text file?\n"},
      {"// only", "line 1, column 8: expected a value, got the end of the file\n"},
      {"{\"a\": 1,\n}", "line 2, column 1: expected a name in double quotes, got \"}\"" + trailing_comma},
      {"[1, ]", "line 1, column 5: expected a value, got \"]\"" + trailing_comma},
      {"{,}", "line 1, column 2: expected a name in double quotes, got \",\"\n"},
      {"{\"a\": }", "line 1, column 7: expected a value, got \"}\"\n"},
      {"{\"a\" 1}", "line 1, column 6: expected \":\", got a number\n"},
      {"{\"a\": 1 \"b\": 2}", "line 1, column 11: expected \",\" or \"}\", got a string\n"},
      {"{\"a\": 1", "line 1, column 8: expected \",\" or \"}\", got the end of the file\n"},
      {"[true false]", "line 1, column 11: expected \",\" or \"]\", got false\n"},
      {"{} {}", "line 1, column 4: expected nothing more, got \"{\"\n"},
      {"{'a': 1}", "line 1, column 2: " + unquoted},
      {"{a: 1}", "line 1, column 2: " + unquoted},
      {"{\"grün\": yes}", "line 1, column 10: " + unquoted},
      {"{\"a\": \"b", "line 1, column 9: a string without its closing quote\n"},
      {"{\"a\": \"b\n}", "line 1, column 9: a line ends inside a string; is a closing quote missing?\n"},
      {"{\"a\": \"b\r\n}", "line 1, column 9: a line ends inside a string; is a closing quote missing?\n"},
      {"{\"a\": \"sk-1\t\"}", "line 1, column 12: a tab inside a string; write \\t\n"},
      {"{\"a\": \"sk-1\x01\"}", "line 1, column 12: a control character inside a string\n"},
      {"{\"a\": \"\\q\"}", "line 1, column 9: an unknown escape; write \\\\ for a backslash\n"},
      {"{\"a\": \"\\u12\"}", "line 1, column 12: a bad \\u escape in a string\n"},
      {"{\"a\": \"\xC3(\"}", "line 1, column 9: the file is not valid UTF-8 here\n"},
      {"{\"a\": -}", "line 1, column 8: a number that is not finished\n"},
      {"{\"a\": 1e999}", "line 1, column 11: a number too large to be read\n"},
      {"{} /* a", "line 1, column 8: a comment without its closing */\n"},
      {"{} / a", "line 1, column 5: a comment begins with // or /*\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(refusal_of(row.text) == row.want);
    CHECK_FALSE(parse_document(row.text).readable);
  }
}

TEST_CASE("every field that is written twice is reported, the first one counts") {
  const Document document = parse_document(R"({"a": {"b c": [0, {"d": 1, "d": 2, "d": 3}]}, "e": 4, "a": {"x": 1}})");
  CHECK(document.readable);
  CHECK(lines_of(texts_of(document.problems)) ==
        "a[\"b c\"][1].d: this field is written twice\n"
        "a[\"b c\"][1].d: this field is written twice\n"
        "a: this field is written twice\n");
  const auto& root = std::get<Node::Object>(document.root.value);
  REQUIRE(root.size() == 2);
  CHECK(std::get<Node::Object>(root[0].value.value)[0].name == "b c");
}

TEST_CASE("nesting is bounded") {
  CHECK(refusal_of(nested(64)) == "");
  CHECK(refusal_of(nested(65)) == "nested deeper than 64 levels\n");
  CHECK(refusal_of(std::string(1'000'000, '[')) == "nested deeper than 64 levels\n");
}

TEST_CASE("a node as JSON has the same values in the same order, and its numbers as they were written") {
  for (const char* text : {"null", "true", "false", "0", "-0", "1.50", "1E+2", "123456789012345678901234567890",
                           "9223372036854775808", "-9223372036854775808", "\"\"", R"("a\"\\\n\u0001/é")", "[]", "{}",
                           R"([1,[],{"b":[1.0],"a":null}])"}) {
    CAPTURE(std::string(text));
    CHECK(json_of(parse_document(text).root) == text);
  }
  CHECK(json_of(parse_document("[ 1 , /* x */ {\"a\" : \"\\u00e9\"} ] // y").root) == R"([1,{"a":"é"}])");
}

}  // TEST_SUITE

}  // namespace aigw::config
