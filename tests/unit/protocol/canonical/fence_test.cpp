#include "protocol/canonical/fence.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace aigw::protocol::canonical {
namespace {

using Mode = Fence::Mode;

std::string stripped(const std::string& text, std::size_t piece_length, Mode mode) {
  Fence fence(mode);
  std::string result;
  for (std::size_t at = 0; at < text.size(); at += piece_length) result += fence.feed(text.substr(at, piece_length));
  return result + fence.finish();
}

}  // namespace

TEST_SUITE("protocol/canonical/fence") {
  TEST_CASE("in a stream a fence around the whole text is taken off, however the text is cut") {
    struct Row {
      std::string text;
      std::string want;
    };
    for (const Row& row :
         {Row{"```json\n{\"a\":1}\n```", "{\"a\":1}"}, Row{" \n```\n{}\n```\n \n", "{}"},
          Row{"```JSON5 \r\n{}\r\n```\r\n", "{}"}, Row{"```json\n{}```", "{}"}, Row{"```json\n{\"a\":1", "{\"a\":1"},
          Row{"```json\n{\"a\":\"`\n``\"}\n```", "{\"a\":\"`\n``\"}"}, Row{"```\n```", ""},
          Row{"```json\na\n```\nb\n```", "a\n```\nb"}, Row{"```json\n{}\n``", "{}\n``"},
          Row{"```json\n{}\n```x", "{}\n```x"}, Row{"```json\n{}\n", "{}\n"},
          Row{"```json\n{}\n\n```", "{}\n"}, Row{"```json\n{}\n````", "{}\n`"}}) {
      CAPTURE(row.text);
      for (std::size_t length = 1; length <= row.text.size(); ++length) {
        CAPTURE(length);
        CHECK(stripped(row.text, length, Mode::Stream) == row.want);
      }
    }
  }

  TEST_CASE("a whole answer loses both fences or none") {
    struct Row {
      std::string text;
      std::string want;  // "": the text as it is
    };
    for (const Row& row :
         {Row{"```json\n{\"a\":1}\n```", "{\"a\":1}"}, Row{" \n```\n{}\n```\n \n", "{}"},
          Row{"```JSON5 \r\n{}\r\n```\r\n", "{}"}, Row{"```json\n{}```", "{}"},
          Row{"```json\n{\"a\":\"```\"}\n```", "{\"a\":\"```\"}"}, Row{"```json\n{\"a\":1}\n``` done", ""},
          Row{"```json\n{\"a\":1", ""}, Row{"```json\n{}\n``", ""}, Row{"```json\n", ""},
          Row{"```json\na\n```\nb\n```", ""}, Row{"```json\n```\nb\n```", ""}}) {
      CAPTURE(row.text);
      for (std::size_t length = 1; length <= row.text.size(); ++length) {
        CAPTURE(length);
        CHECK(stripped(row.text, length, Mode::Whole) == (row.want.empty() ? row.text : row.want));
      }
    }
    CHECK(stripped("```\n```", 8, Mode::Whole).empty());
  }

  TEST_CASE("text that does not begin with a fence is left alone") {
    const std::string blanks(1000, ' ');
    for (const std::string& text :
         {std::string("{}"), std::string("  {}\n```"), std::string("`` `"), std::string("```json"), std::string("```"),
          std::string("``x"), std::string("```a b\n{}\n```"), std::string("See:\n```\n{}\n```"), std::string("\n \n"),
          std::string(), blanks + "```\n{}\n```"}) {
      CAPTURE(text);
      for (std::size_t length = 1; length <= std::max<std::size_t>(text.size(), 1); ++length) {
        for (const Mode mode : {Mode::Stream, Mode::Whole}) CHECK(stripped(text, length, mode) == text);
      }
    }
  }

  TEST_CASE("endless blanks are not held back") {
    Fence fence(Mode::Stream);
    std::string text = fence.feed("```json\n{");
    for (int i = 0; i < 10000; ++i) text += fence.feed("\n");
    CHECK(text.size() > 9000);
    text += fence.feed("}");
    text += fence.finish();
    CHECK(text == "{" + std::string(10000, '\n') + "}");
  }

  TEST_CASE("ordinary text is not held back") {
    Fence fence(Mode::Stream);
    CHECK(fence.feed("{").size() == 1);
    Fence fenced(Mode::Stream);
    fenced.feed("```json\n");
    CHECK(fenced.feed("{\"a\":") == "{\"a\":");
    CHECK(fenced.feed("1}\n") == "1}");
  }
}

}  // namespace aigw::protocol::canonical
