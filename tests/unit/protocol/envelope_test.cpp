#include "protocol/envelope.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {
namespace {

std::string edited(std::string_view body, std::vector<Edit> edits) {
  std::string result;
  for (const std::string_view piece : protocol::apply(body, edits)) result += piece;
  return result;
}

Envelope read(std::string_view body) {
  const Result<Envelope> envelope = read_envelope(body);
  REQUIRE_MESSAGE(envelope.has_value(), body);
  return *envelope;
}

std::string fault(std::string_view body) {
  const Result<Envelope> envelope = read_envelope(body);
  if (envelope) return "";
  CHECK(envelope.error().kind == ErrorKind::BadRequest);
  return envelope.error().detail;
}

std::string nested(std::size_t depth) {
  return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + '}';
}

}  // namespace

TEST_SUITE("protocol/envelope") {
  TEST_CASE("the fields are read wherever they stand") {
    const Envelope envelope = read(
        " { \"max_tokens\" : 5,\n\"messages\":[{\"model\":\"inner\",\"stream\":1}], \"model\" : "
        "\"gpt\\u002d4\\n\", \"n\":3,\"stream\":true ,\"stream_options\":{\"include_usage\":true},"
        "\"max_completion_tokens\":70,\"max_output_tokens\":7} \r\n");
    CHECK(envelope.model == "gpt-4\n");
    CHECK(envelope.stream);
    CHECK(envelope.include_usage);
    CHECK(envelope.max_tokens == 70);
    CHECK(envelope.choices == 3);
    CHECK(envelope.has_members);
    CHECK(envelope.members_begin == 2);
  }

  TEST_CASE("fields that are absent or null have their defaults") {
    for (const char* body : {"{}", R"({"stream":null,"stream_options":null,"max_tokens":null,"n":null})",
                             R"({"max_tokens":"many","n":"two"})", R"({"max_tokens":1.5,"n":0})"}) {
      CAPTURE(body);
      const Envelope envelope = read(body);
      CHECK_FALSE(envelope.model);
      CHECK_FALSE(envelope.stream);
      CHECK_FALSE(envelope.include_usage);
      CHECK_FALSE(envelope.max_tokens);
      CHECK(envelope.choices == 1);
    }
    CHECK_FALSE(read("{ }").has_members);
  }

  TEST_CASE("of duplicate keys the last one counts, and every one is edited") {
    const std::string body = R"({"model":"a","stream":true,"mod\u0065l":"b","stream":false})";
    const Envelope envelope = read(body);
    CHECK(envelope.model == "b");
    CHECK_FALSE(envelope.stream);
    std::vector<Edit> edits;
    set_model(envelope, "c", edits);
    set_stream(envelope, true, edits);
    CHECK(edited(body, edits) == R"({"model":"c","stream":true,"mod\u0065l":"c","stream":true})");
  }

  TEST_CASE("what JSON allows passes") {
    for (const char* body : {
             R"({"a":123456789012345678901234567890,"b":1e999,"c":-0.0E+5,"d":0})",
             R"({"half a pair":"\ud800","escapes":"\"\\\/\b\f\n\r\t\uABCDé😀"})",
             R"({"":{"":[]},"x":[[],{},"",true,false,null,-1]})",
             "\t{\n}\r\n ",
             "{\"del\":\"\x7f\"}",
         }) {
      CAPTURE(body);
      CHECK(fault(body) == "");
    }
    CHECK(fault(nested(kDepthMax)) == "");
  }

  TEST_CASE("a body that can't be read is refused with the position") {
    struct Row {
      std::string body;
      const char* want;
    };
    const std::string nul("{\"a\":\"b\0\"}", 10);
    const std::vector<Row> rows = {
        {"", "The request body is empty; a JSON object is expected."},
        {" \n", "The request body is empty; a JSON object is expected."},
        {"[1]", "The request body must be a JSON object, not an array."},
        {"\"text\"", "The request body must be a JSON object, not a string."},
        {"-5", "The request body must be a JSON object, not a number."},
        {"null", "The request body must be a JSON object, not null."},
        {"true", "The request body must be a JSON object, not a boolean."},
        {"model=gpt", "Invalid JSON at byte 1 (line 1, column 1): expected '{', found 'm'"},
        {"{\"model\":\"x\"\n  \"a\":1}", "Invalid JSON at byte 16 (line 2, column 3): expected ',' or '}', found '\"'"},
        {"{\"é\":\n\"ß\"x}", "Invalid JSON at byte 12 (line 2, column 4): expected ',' or '}', found 'x'"},
        {"{\"a\":1,}", "Invalid JSON at byte 8 (line 1, column 8): expected '\"' and a member's name, found '}'"},
        {"{a:1}", "Invalid JSON at byte 2 (line 1, column 2): expected '\"' and a member's name, found 'a'"},
        {"{\"a\" 1}", "Invalid JSON at byte 6 (line 1, column 6): expected ':' behind a member's name, found '1'"},
        {"{\"a\":}", "Invalid JSON at byte 6 (line 1, column 6): expected a value, found '}'"},
        {"{\"a\":[1,]}", "Invalid JSON at byte 9 (line 1, column 9): expected a value, found ']'"},
        {"{\"a\":[1}", "Invalid JSON at byte 8 (line 1, column 8): expected ',' or ']', found '}'"},
        {"{\"a\":{\"b\":1]}", "Invalid JSON at byte 12 (line 1, column 12): expected ',' or '}', found ']'"},
        {"{\"a\":tru}", "Invalid JSON at byte 6 (line 1, column 6): expected a value, found 't'"},
        {"{\"a\":NaN}", "Invalid JSON at byte 6 (line 1, column 6): expected a value, found 'N'"},
        {"{\"a\":01}", "Invalid JSON at byte 7 (line 1, column 7): a number with a leading zero"},
        {"{\"a\":1.}", "Invalid JSON at byte 8 (line 1, column 8): expected a digit, found '}'"},
        {"{\"a\":-}", "Invalid JSON at byte 7 (line 1, column 7): expected a digit, found '}'"},
        {"{\"a\":1e+}", "Invalid JSON at byte 9 (line 1, column 9): expected a digit, found '}'"},
        {"{\"a\":+1}", "Invalid JSON at byte 6 (line 1, column 6): expected a value, found '+'"},
        {"{\"a\":1", "Invalid JSON at byte 7 (line 1, column 7): expected ',' or '}', found the end"},
        {"{\"a\":", "Invalid JSON at byte 6 (line 1, column 6): expected a value, found the end"},
        {"{", "Invalid JSON at byte 2 (line 1, column 2): expected '\"' and a member's name, found the end"},
        {"{\"a\":\"bc",
         "Invalid JSON at byte 9 (line 1, column 9): the text ends inside the string that begins at byte 6"},
        {"{\"a\":\"b\\",
         "Invalid JSON at byte 8 (line 1, column 8): an unknown escape; a backslash itself is written \\\\"},
        {"{\"a\":\"\\x41\"}",
         "Invalid JSON at byte 7 (line 1, column 7): an unknown escape; a backslash itself is written \\\\"},
        {"{\"a\":\"\\u12g4\"}",
         "Invalid JSON at byte 7 (line 1, column 7): \\u must be followed by four hexadecimal digits"},
        {"{\"a\":\"b\nc\"}",
         "Invalid JSON at byte 8 (line 1, column 8): a control character inside a string; it must be escaped"},
        {nul, "Invalid JSON at byte 8 (line 1, column 8): a NUL byte inside a string"},
        {std::string("{\0}", 3),
         "Invalid JSON at byte 2 (line 1, column 2): expected '\"' and a member's name, found a NUL byte"},
        {"{\"a\":\"b\xC3(\"}", "Invalid JSON at byte 8 (line 1, column 8): the bytes are not valid UTF-8"},
        {"{\"a\":\xC2\xA0"
         "1}",
         "Invalid JSON at byte 6 (line 1, column 6): expected a value, found a character that may stand only inside a "
         "string"},
        {"\xEF\xBB\xBF{}",
         "Invalid JSON at byte 1 (line 1, column 1): a byte order mark; the text must be UTF-8 without one"},
        {"{} x",
         "Invalid JSON at byte 4 (line 1, column 4): expected nothing behind the object's closing '}', found 'x'"},
        {"{\"a\":1}{}",
         "Invalid JSON at byte 8 (line 1, column 8): expected nothing behind the object's closing '}', found '{'"},
        {nested(kDepthMax + 1), "Invalid JSON at byte 517 (line 1, column 517): nested deeper than 512 levels"},
        {R"({"model":5})", "\"model\" must be a string, not a number."},
        {R"({"model":null})", "\"model\" must be a string, not null."},
        {R"({"model":["a"]})", "\"model\" must be a string, not an array."},
        {R"({"model":"\ud800"})", "\"model\" holds an escape that is half of a surrogate pair."},
        {R"({"stream":"true"})", "\"stream\" must be true or false, not a string."},
        {R"({"stream":1})", "\"stream\" must be true or false, not a number."},
        {R"({"stream":1)", "Invalid JSON at byte 12 (line 1, column 12): expected ',' or '}', found the end"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.body);
      CHECK(fault(row.body) == row.want);
    }
  }

  TEST_CASE("invalid UTF-8 far inside a large body is found") {
    std::string body = R"({"a":")" + std::string(200'001, 'x');
    for (int i = 0; i < 100'000; ++i) body += "\xC3\xA9";
    const std::size_t where = body.size();
    body += "\xE2\x82\"}";
    CHECK(fault(body) == "Invalid JSON at byte " + std::to_string(where + 1) + " (line 1, column " +
                             std::to_string(6 + 200'001 + 100'000 + 1) + "): the bytes are not valid UTF-8");
  }

  TEST_CASE("every other byte stays when a field is set") {
    struct Row {
      const char* name;
      std::string body;
      void (*edit)(const Envelope&, std::string_view, std::vector<Edit>&);
      std::string want;
    };
    const auto model = [](const Envelope& e, std::string_view, std::vector<Edit>& edits) {
      set_model(e, "a\"b", edits);
    };
    const auto on = [](const Envelope& e, std::string_view, std::vector<Edit>& edits) { set_stream(e, true, edits); };
    const auto off = [](const Envelope& e, std::string_view, std::vector<Edit>& edits) { set_stream(e, false, edits); };
    const auto usage = [](const Envelope& e, std::string_view b, std::vector<Edit>& edits) {
      ask_for_usage(e, b, edits);
    };
    const auto all = [](const Envelope& e, std::string_view b, std::vector<Edit>& edits) {
      set_stream(e, true, edits);
      ask_for_usage(e, b, edits);
      set_model(e, "m", edits);
    };
    const std::vector<Row> rows = {
        {"model replaced", R"({ "z":1.0, "model" : "x" ,"a":"\u00e9"})", model,
         R"({ "z":1.0, "model" : "a\"b" ,"a":"\u00e9"})"},
        {"model inserted", R"({ "z":1})", model, R"({"model":"a\"b", "z":1})"},
        {"model inserted into nothing", " { }", model, R"( {"model":"a\"b" })"},
        {"stream on", R"({"stream": false })", on, R"({"stream": true })"},
        {"stream on from null", R"({"stream":null})", on, R"({"stream":true})"},
        {"stream on, inserted", R"({"a":1})", on, R"({"stream":true,"a":1})"},
        {"stream on already", R"({"stream":true,"stream_options":{}})", on, R"({"stream":true,"stream_options":{}})"},
        {"stream off", R"({"stream":true,"a":1})", off, R"({"stream":false,"a":1})"},
        {"stream off already", R"({"a":1,"stream_options":null})", off, R"({"a":1,"stream_options":null})"},
        {"options in the middle", R"({"stream":true, "stream_options" : {"a":[1]} , "b":2})", off,
         R"({"stream":false,  "b":2})"},
        {"options first", R"({"stream_options":{},"stream":true})", off, R"({"stream":false})"},
        {"options last", R"({"stream":true , "stream_options":{"a":"}"} })", off, R"({"stream":false  })"},
        {"options twice", R"({"stream_options":1,"stream":true,"stream_options":2})", off, R"({"stream":false})"},
        {"options twice, last", R"({"stream":true,"stream_options":1,"stream_options":2})", off, R"({"stream":false})"},
        {"options thrice, last", R"({"stream":true,"stream_options":1,"stream_options":2,"stream_options":3})", off,
         R"({"stream":false})"},
        {"usage inserted", R"({"stream":true})", usage, R"({"stream_options":{"include_usage":true},"stream":true})"},
        {"usage for null", R"({"stream_options":null})", usage, R"({"stream_options":{"include_usage":true}})"},
        {"usage into an empty object", R"({"stream_options":{ }})", usage,
         R"({"stream_options":{"include_usage":true }})"},
        {"usage beside others", R"({"stream_options":{"x":1}})", usage,
         R"({"stream_options":{"include_usage":true,"x":1}})"},
        {"usage turned on", R"({"stream_options":{"x":1,"include_usage": false }})", usage,
         R"({"stream_options":{"x":1,"include_usage": true }})"},
        {"usage on already", R"({"stream_options":{"include_usage":true}})", usage,
         R"({"stream_options":{"include_usage":true}})"},
        {"usage beside a wrong type", R"({"stream_options":5})", usage, R"({"stream_options":5})"},
        {"all into nothing", "{}", all, R"({"model":"m","stream_options":{"include_usage":true},"stream":true})"},
        {"all", R"({"model":"x","stream":false,"stream_options":{"include_usage":false},"n":1})", all,
         R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"n":1})"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      std::vector<Edit> edits;
      row.edit(read(row.body), row.body, edits);
      const std::string result = edited(row.body, edits);
      CHECK(result == row.want);
      CHECK(fault(result) == "");
    }
  }

  TEST_CASE("without edits the pieces are the body itself") {
    const std::string body = R"({"a":1})";
    std::vector<Edit> none;
    const std::vector<std::string_view> pieces = protocol::apply(body, none);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].data() == body.data());
    CHECK(pieces[0].size() == body.size());
  }
}

}  // namespace aigw::protocol
