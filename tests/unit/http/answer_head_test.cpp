#include "http/answer_head.h"

#include <doctest/doctest.h>
#include <optional>
#include <string>

namespace aigw::http {

TEST_SUITE("http/answer_head") {

TEST_CASE("a sound head is understood") {
  struct Row {
    std::string name;
    std::string head;
    int status;
    bool keep_alive;
    bool interim;
    bool has_body;
  };
  for (const Row& row : {
           Row{"plain", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, true, false, true},
           Row{"no reason", "HTTP/1.1 503\r\n\r\n", 503, true, false, true},
           Row{"empty reason", "HTTP/1.1 503 \r\n\r\n", 503, true, false, true},
           Row{"long reason", "HTTP/1.1 503 " + std::string(60'000, 'x') + "\r\n\r\n", 503, true, false, true},
           Row{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, true, false, false},
           Row{"not modified", "HTTP/1.1 304 Not Modified\r\n\r\n", 304, true, false, false},
           Row{"interim", "HTTP/1.1 103 Early Hints\r\n\r\n", 103, true, true, true},
           Row{"1.0", "HTTP/1.0 200 OK\r\n\r\n", 200, false, false, true},
           Row{"close", "HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", 200, false, false, true},
           Row{"close in a list", "HTTP/1.1 200 OK\r\nConnection: x, close\r\n\r\n", 200, false, false, true},
           Row{"chunks and a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 200, false,
               false, true},
       }) {
    CAPTURE(row.name);
    const std::optional<AnswerHead> head = read_answer_head(row.head);
    REQUIRE(head.has_value());
    CHECK(head->status == row.status);
    CHECK(head->keep_alive == row.keep_alive);
    CHECK(head->is_interim() == row.interim);
    CHECK(head->has_body() == row.has_body);
  }
}

TEST_CASE("fields are kept as they came, and the framing is noted") {
  const auto head = read_answer_head(
      "HTTP/1.1 200 OK\r\nB: 1\r\nA:  100%0d \r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n");
  REQUIRE(head.has_value());
  CHECK(head->headers.begin()->first == "B");
  CHECK(head->headers.get("a") == "100%0d");
  CHECK(head->framing.chunked);
  CHECK(head->framing.compressed);
  CHECK_FALSE(head->framing.content_length);
}

TEST_CASE("what is not HTTP, or could be read in two ways, is refused") {
  for (const std::string head : {"HTTP/1.1\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
                                 "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
                                 "HTTP/2.0 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n",
                                 "HTTP/1.1 200 OK\r\nA: b\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\n",
                                 "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"}) {
    CAPTURE(head);
    CHECK_FALSE(read_answer_head(head).has_value());
  }
}

}  // TEST_SUITE

}  // namespace aigw::http
