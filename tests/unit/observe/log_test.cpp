#include "observe/log.h"

#include <doctest/doctest.h>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace aigw::observe {

TEST_SUITE("observe/log") {

TEST_CASE("a level is read in any case") {
  struct Row {
    std::string text;
    Level level;
  };
  for (const Row& row : {Row{"DEBUG", Level::Debug}, Row{"info", Level::Info}, Row{"Warning", Level::Warning},
                         Row{"warn", Level::Warning}, Row{"ERROR", Level::Error}}) {
    CAPTURE(row.text);
    Level level = row.level == Level::Info ? Level::Error : Level::Info;
    CHECK(parse_level(row.text, level));
    CHECK(level == row.level);
  }
}

TEST_CASE("what is no level changes nothing") {
  for (const std::string text : {"", "TRACE", "INFO ", "0", "errors"}) {
    CAPTURE(text);
    Level level = Level::Warning;
    CHECK_FALSE(parse_level(text, level));
    CHECK(level == Level::Warning);
  }
}

TEST_CASE("a line is the phrase and its fields") {
  CHECK(format_line(LogFormat::Text, "Stopped", {}) == "Stopped");
  CHECK(format_line(LogFormat::Json, "Stopped", {}) == R"("phrase":"Stopped"})");
  const std::initializer_list<Field> fields = {{"id", "req_1"}, {"attempts", 2}, {"stream", true}, {"ttfb_ms", -1}};
  CHECK(format_line(LogFormat::Text, "Selected provider", fields) ==
        "Selected provider id=req_1 attempts=2 stream=true ttfb_ms=-1");
  CHECK(format_line(LogFormat::Json, "Selected provider", fields) ==
        R"("phrase":"Selected provider","id":"req_1","attempts":2,"stream":true,"ttfb_ms":-1})");
}

TEST_CASE("numbers of every type keep their value") {
  CHECK(format_line(LogFormat::Text, "N",
                    {{"min", std::numeric_limits<std::int64_t>::min()},
                     {"max", std::numeric_limits<std::int64_t>::max()},
                     {"size", std::size_t{7}},
                     {"port", std::uint16_t{65535}},
                     {"no", false}}) == "N min=-9223372036854775808 max=9223372036854775807 size=7 port=65535 no=false");
}

TEST_CASE("a text that would be mistaken stands in quotes") {
  struct Row {
    std::string text;
    std::string want;
  };
  for (const Row& row : {Row{"plain-1.2/3:4", "plain-1.2/3:4"}, Row{"", R"("")"}, Row{"a b", R"("a b")"},
                         Row{"a=b", R"("a=b")"}, Row{R"(say "no")", R"("say \"no\"")"}, Row{"grün", "grün"}}) {
    CAPTURE(row.text);
    CHECK(format_line(LogFormat::Text, "P", {{"k", row.text}}) == "P k=" + row.want);
  }
}

TEST_CASE("one line stays one line, whatever the values hold") {
  const std::string evil("a\nb\r\x1b[2J\x7f\0\"\\", 12);
  const std::string text = format_line(LogFormat::Text, "P", {{"k", evil}, {"l", "end"}});
  const std::string json = format_line(LogFormat::Json, "P", {{"k", evil}, {"l", "end"}});
  for (const std::string& line : {text, json}) {
    CAPTURE(line);
    for (const char c : line) {
      CHECK(static_cast<unsigned char>(c) >= 0x20);
      CHECK(c != 0x7f);
    }
  }
  CHECK(text.substr(text.size() - 6) == " l=end");
}

TEST_CASE("a JSON line can be parsed, and no value can add a field") {
  const std::string evil = "x\",\"level\":\"DEBUG\n\\";
  const std::string line = format_line(LogFormat::Json, evil, {{"k", evil}});
  // The log opens the object with time and level; this is what it writes behind them.
  const nlohmann::json parsed = nlohmann::json::parse("{" + line, nullptr, false);
  REQUIRE(parsed.is_object());
  CHECK(parsed.size() == 2);
  CHECK(parsed["k"] == "x\",\"level\":\"DEBUG\\n\\");
}

TEST_CASE("before it is set up the log is silent") {
  CHECK_FALSE(log_enabled(Level::Error));
  log(Level::Error, "Nobody reads this");  // and does no harm
}

}  // TEST_SUITE

}  // namespace aigw::observe
