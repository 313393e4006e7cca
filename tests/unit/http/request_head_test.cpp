#include "http/request_head.h"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

namespace aigw::http {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// A POST with these field lines, complete.
std::string post_with(const std::string& fields) { return "POST /v1 HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

}  // namespace

TEST_SUITE("http/request_head") {

TEST_CASE("sound heads are understood") {
  struct Row {
    std::string name;
    std::string head;
    bool keep_alive;
    bool http10;
    bool chunked;
    std::uint64_t content_length;
  };
  const Row rows[] = {
      {"get", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", true, false, false, 0},
      {"no fields", "GET / HTTP/1.1\r\n\r\n", true, false, false, 0},
      {"query", "GET /a%20b?x=1&y=%3F HTTP/1.1\r\n\r\n", true, false, false, 0},
      {"head", "HEAD / HTTP/1.1\r\n\r\n", true, false, false, 0},
      {"options", "OPTIONS /v1 HTTP/1.1\r\n\r\n", true, false, false, 0},
      {"length", post_with("Content-Length: 12\r\n"), true, false, false, 12},
      {"length without blank", post_with("content-length:12\r\n"), true, false, false, 12},
      {"length with tabs", post_with("Content-Length:\t 12 \t\r\n"), true, false, false, 12},
      {"length 0", post_with("Content-Length: 0\r\n"), true, false, false, 0},
      {"chunked", post_with("Transfer-Encoding: Chunked\r\n"), true, false, true, 0},
      {"close", post_with("Connection: close\r\n"), false, false, false, 0},
      {"close in a list", post_with("Connection: upgrade , Close\r\n"), false, false, false, 0},
      {"keep-alive is the default", post_with("Connection: keep-alive\r\n"), true, false, false, 0},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", false, true, false, 0},
      {"1.0 kept alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, true, false, 0},
      {"empty value", post_with("X-Empty:\r\n"), true, false, false, 0},
      {"any token as name", post_with("!#$%&'*+-.^_`|~09aZ: v\r\n"), true, false, false, 0},
      {"bytes above ASCII", post_with("X: gr\xc3\xbcn\r\n"), true, false, false, 0},
      {"tab in a value", post_with("X: a\tb\r\n"), true, false, false, 0},
      {"colons in a value", post_with("X: a:b: c\r\n"), true, false, false, 0},
      {"longest target", "GET /" + std::string(kTargetBytesMax - 1, 'a') + " HTTP/1.1\r\n\r\n", true, false, false, 0},
      {"longest field", post_with("X: " + std::string(kFieldBytesMax - 5, 'v') + "\r\n"), true, false, false, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const RequestHead head = check_request_head(row.head);
    CHECK(head.refusal == 0);
    CHECK(std::string(head.reason) == "");
    CHECK(head.keep_alive == row.keep_alive);
    CHECK(head.http10 == row.http10);
    CHECK(head.chunked == row.chunked);
    CHECK(head.content_length == row.content_length);
    CHECK(head.has_body() == (row.chunked || row.content_length > 0));
  }
}

TEST_CASE("what could be read in two ways is refused with its reason") {
  const std::string malformed = "The request line is malformed.";
  const std::string version = "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
  const std::string length = "Content-Length is not one number.";
  const std::string encoding = "Transfer-Encoding can't be used this way.";
  const std::string unknown_encoding = "No Transfer-Encoding but chunked is understood.";
  const std::string field = "A header field is malformed.";
  const std::string control = "A header field has a control character.";
  const std::string line_end = "A line of the request head does not end with CR LF.";
  struct Row {
    std::string name;
    std::string head;
    int status;
    std::string reason;
  };
  const Row rows[] = {
      {"empty", "\r\n", 400, malformed},
      {"one word", "GET\r\n\r\n", 400, malformed},
      {"no version", "GET /\r\n\r\n", 400, malformed},
      {"no target", "GET  HTTP/1.1\r\n\r\n", 400, malformed},
      {"two blanks", "GET  / HTTP/1.1\r\n\r\n", 400, malformed},
      {"blank in the target", "GET /a b HTTP/1.1\r\n\r\n", 400, malformed},
      {"tab in the target", "GET /a\tb HTTP/1.1\r\n\r\n", 400, malformed},
      {"blank before", " GET / HTTP/1.1\r\n\r\n", 400, malformed},
      {"blank behind", "GET / HTTP/1.1 \r\n\r\n", 400, malformed},
      {"relative target", "GET v1 HTTP/1.1\r\n\r\n", 400, malformed},
      {"absolute target", "GET http://h/ HTTP/1.1\r\n\r\n", 400, malformed},
      {"asterisk", "OPTIONS * HTTP/1.1\r\n\r\n", 400, malformed},
      {"NUL in the target", std::string("GET /a\0b HTTP/1.1\r\n\r\n", 21), 400, malformed},
      {"CR in the target", "GET /a\rb HTTP/1.1\r\n\r\n", 400, malformed},
      {"CR CR LF", "GET / HTTP/1.1\r\r\n\r\n", 400, malformed},
      {"method with a colon", "GE:T / HTTP/1.1\r\n\r\n", 400, malformed},
      {"TLS hello", "\x16\x03\x01\x02\x01\r\n\r\n", 400, malformed},
      {"2.0", "GET / HTTP/2.0\r\n\r\n", 505, version},
      {"1.1 with more", "GET / HTTP/1.11\r\n\r\n", 505, version},
      {"lower case", "GET / http/1.1\r\n\r\n", 400, version},
      {"unknown method", "BREW / HTTP/1.1\r\n\r\n", 501, "The request method is not known here."},
      {"method in lower case", "get / HTTP/1.1\r\n\r\n", 501, "The request method is not known here."},
      {"tunnel", "CONNECT /h HTTP/1.1\r\n\r\n", 501, "The request method is not known here."},
      {"long target", "GET /" + std::string(kTargetBytesMax, 'a') + " HTTP/1.1\r\n\r\n", 414,
       "The request target is too long."},
      {"long field", post_with("X: " + std::string(kFieldBytesMax - 4, 'v') + "\r\n"), 431,
       "A header field is too large."},
      {"no colon", post_with("X\r\n"), 400, field},
      {"no name", post_with(": v\r\n"), 400, field},
      {"blank before the colon", post_with("Content-Length : 5\r\n"), 400, field},
      {"folded line", post_with("X: a\r\n b: c\r\n"), 400, field},
      {"folded with a tab", post_with("X: a\r\n\tchunked\r\n"), 400, field},
      {"NUL in a name", post_with(std::string("X\0: a\r\n", 7)), 400, field},
      {"NUL in a value", post_with(std::string("X: a\0b\r\n", 8)), 400, control},
      {"escape in a value", post_with("X: \x1b[0m\r\n"), 400, control},
      {"DEL in a value", post_with("X: \x7f\r\n"), 400, control},
      {"CR in a value", post_with("X: a\rY: b\r\n"), 400, control},
      {"CR before the line end", post_with("Transfer-Encoding: chunked\r\r\n"), 400, control},
      {"vertical tab before chunked", post_with("Transfer-Encoding: \x0b" "chunked\r\n"), 400, control},
      {"two lengths", post_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, length},
      {"the same length twice", post_with("Content-Length: 5\r\ncontent-length: 5\r\n"), 400, length},
      {"list of lengths", post_with("Content-Length: 5, 5\r\n"), 400, length},
      {"negative length", post_with("Content-Length: -5\r\n"), 400, length},
      {"signed length", post_with("Content-Length: +5\r\n"), 400, length},
      {"hexadecimal length", post_with("Content-Length: 0x5\r\n"), 400, length},
      {"empty length", post_with("Content-Length:\r\n"), 400, length},
      {"length beyond 64 bits", post_with("Content-Length: 18446744073709551616\r\n"), 400, length},
      {"encoding twice", post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, encoding},
      {"encoding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, encoding},
      {"identity", post_with("Transfer-Encoding: identity\r\n"), 501, unknown_encoding},
      {"list of encodings", post_with("Transfer-Encoding: gzip, chunked\r\n"), 501, unknown_encoding},
      {"almost chunked", post_with("Transfer-Encoding: xchunked\r\n"), 501, unknown_encoding},
      {"length and encoding", post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400,
       "Content-Length and Transfer-Encoding exclude each other."},
      {"encoding and length", post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400,
       "Content-Length and Transfer-Encoding exclude each other."},
      {"length 0 and encoding", post_with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400,
       "Content-Length and Transfer-Encoding exclude each other."},
      {"two hosts", post_with("Host: other\r\n"), 400, "There is more than one Host field."},
      {"bare LF", "GET / HTTP/1.1\n\n", 400, line_end},
      {"bare LF in a field", post_with("X: a\nContent-Length: 5\r\n"), 400, line_end},
      {"bare LF at the end", "GET / HTTP/1.1\r\nX: a\n\n", 400, line_end},
      {"end with a bare LF", "GET / HTTP/1.1\r\n\n", 400, line_end},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const RequestHead head = check_request_head(row.head);
    CHECK(head.refusal == row.status);
    CHECK(std::string(head.reason) == row.reason);
  }
}

TEST_CASE("the end of a head is found wherever the network cuts it") {
  for (const std::string head : {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: h\n\n",
                                 "GET / HTTP/1.1\r\nHost: h\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\n"}) {
    CAPTURE(head);
    const std::string all = head + "body\r\n\r\nmore";
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
      CAPTURE(cut);
      const std::string_view first = std::string_view(all).substr(0, cut);
      const std::size_t early = find_head_end(first, 0);
      CHECK(early == (cut < head.size() ? npos : head.size()));
      // The two bytes before the cut may belong to the end; what is before them needs no second look.
      CHECK(find_head_end(all, cut < head.size() ? std::max<std::size_t>(cut, 2) - 2 : 0) == head.size());
    }
  }
}

TEST_CASE("a path is decoded, and what is no code stays") {
  CHECK(percent_decoded("/a%20b%2Fc") == "/a b/c");
  CHECK(percent_decoded("/%4%zz%") == "/%4%zz%");
  CHECK(percent_decoded("") == "");
}

TEST_CASE("field values are not decoded") {
  const RequestHead head = check_request_head("GET /a%20b HTTP/1.1\r\nX: a%0d%0ab%\r\n\r\n");
  CHECK(head.target == "/a%20b");
  CHECK(head.headers.get("x") == "a%0d%0ab%");
}

}  // TEST_SUITE

}  // namespace aigw::http
