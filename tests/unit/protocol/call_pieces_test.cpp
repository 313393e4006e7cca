#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/call_pieces.h"

namespace aigw::protocol {

TEST_SUITE("protocol/call_pieces") {
  TEST_CASE("pieces are told apart by index, else by id and name") {
    struct Row {
      const char* name;
      std::vector<std::string> pieces;
      std::string want;  // the number of each piece's call
    };
    const auto piece = [](const std::string& head, const std::string& name, const std::string& arguments) {
      return "{" + head + R"("function":{"name":)" + name + R"(,"arguments":")" + arguments + "\"}}";
    };
    const std::string bare = R"({"index":0,"function":{"arguments":"{}"}})";
    for (const Row& row : {
             Row{"by index", {piece(R"("index":1,)", R"("f")", ""), bare, R"({"index":1})"}, "010"},
             Row{"a known index with another id and a name",
                 {piece(R"("index":0,"id":"a",)", R"("f")", "{"), piece(R"("index":0,"id":"b",)", R"("g")", ""), bare},
                 "011"},
             Row{"a known index with another id alone", {piece(R"("index":0,"id":"a",)", R"("f")", ""),
                 R"({"index":0,"id":"b"})"}, "00"},
             Row{"a known index with a name behind finished arguments",
                 {piece(R"("index":0,)", R"("f")", "{}"), piece(R"("index":0,)", R"("g")", "{}")}, "01"},
             Row{"a name that is repeated behind the arguments",
                 {piece(R"("index":0,)", R"("f")", "{}"), piece(R"("index":0,)", R"("f")", "")}, "00"},
             Row{"no index, a new id with a name",
                 {piece("", R"("f")", R"({\"a\":)"), piece(R"("id":"b",)", R"("g")", "{}")}, "01"},
             Row{"no index, another id", {R"({"id":"a"})", R"({"id":"b"})", R"({"id":"a"})"}, "010"},
             Row{"no index, an id that comes late",
                 {piece("", R"("f")", "{"), R"({"id":"b","function":{"arguments":"}"}})"}, "00"},
             Row{"no index, a late id behind the arguments", {piece("", R"("f")", "{}"), R"({"id":"b"})"}, "00"},
             Row{"no index, an id with arguments behind the arguments",
                 {piece("", R"("f")", "{}"), R"({"id":"b","function":{"arguments":"{}"}})"}, "01"},
             Row{"no index, a name behind finished arguments",
                 {piece("", R"("f")", "{}"), piece("", R"("g")", "{}"), R"({"function":{"arguments":""}})"}, "011"},
             Row{"no index, pieces of a name", {piece("", R"("f")", ""), piece("", R"("g")", "{")}, "00"},
         }) {
      CAPTURE(row.name);
      CallPieces pieces;
      std::string numbers;
      for (const std::string& text : row.pieces) numbers += std::to_string(*pieces.place(Json::parse(text)));
      CHECK(numbers == row.want);
    }
  }

  TEST_CASE("there are at most 1024 calls") {
    CallPieces pieces;
    for (std::size_t number = 0; number < 1024; ++number) REQUIRE(pieces.begin() == number);
    CHECK_FALSE(pieces.begin());
    CHECK_FALSE(pieces.place(Json{{"index", 0}}));
  }
}

}  // namespace aigw::protocol
