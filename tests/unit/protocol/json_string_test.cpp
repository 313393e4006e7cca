#include "protocol/json_string.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace aigw::protocol {

TEST_SUITE("protocol/json_string") {
  TEST_CASE("text is written as a token") {
    CHECK(quote("a\"b\\c\n\x01 é/") == "\"a\\\"b\\\\c\\n\\u0001 é/\"");
    CHECK(quote("\xC3(") == "\"\xEF\xBF\xBD(\"");
    CHECK(quote("") == "\"\"");
  }

  TEST_CASE("a token is read back, and measured without reading it") {
    struct Row {
      const char* token;
      const char* text;
    };
    for (const Row& row : {Row{R"("")", ""}, Row{R"("abc")", "abc"}, Row{R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
                           Row{R"("\u0041\u00e9\u20AC\ud83d\ude00é€😀")", "Aé€😀é€😀"}, Row{R"("\\u0041")", "\\u0041"}}) {
      CAPTURE(row.token);
      CHECK(unquote(row.token) == std::string(row.text));
      CHECK(unquoted_bytes(row.token) == std::string(row.text).size());
      CHECK(unquoted_bytes(std::string(row.token) + " \n") == std::string(row.text).size());
    }
    CHECK(unquote(R"("\ud800")") == std::nullopt);
  }

  TEST_CASE("halves of surrogate pairs are replaced, and nothing else") {
    struct Row {
      const char* json;
      const char* mended;
    };
    for (const Row& row :
         {Row{R"({"a":"\ud83d"})", R"({"a":"\ufffd"})"}, Row{R"("\ude00x")", R"("\ufffdx")"},
          Row{R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"}, Row{R"("\ud83d\n")", R"("\ufffd\n")"},
          Row{R"("\\\uD83D")", R"("\\\ufffd")"}, Row{R"("\ud83d\u0041\uDE00")", R"("\ufffd\u0041\ufffd")"}}) {
      CAPTURE(row.json);
      CHECK(without_halves(row.json) == std::string(row.mended));
    }
    for (const char* json :
         {"", "{}", "\\", R"("\ud83d\ude00")", R"("\\ud83d")", R"("\u0041")", R"("\ud8)", R"("\u)"}) {
      CAPTURE(json);
      CHECK(without_halves(json) == std::nullopt);
    }
  }

  TEST_CASE("measuring what is no token does no harm") {
    for (const char* token : {"", "\"", "x", "\"\\", "\"\\u12\"", "\"\\\""}) {
      CAPTURE(token);
      CHECK(unquoted_bytes(token) <= 4);
    }
  }
}

}  // namespace aigw::protocol
