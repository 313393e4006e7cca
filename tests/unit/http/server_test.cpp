#include "http/server.h"

#include <doctest/doctest.h>
#include <future>
#include <stdexcept>
#include <string>

#include "http/running_server.h"

namespace aigw::http {
namespace {

// `{"model":"m"}`, compressed with gzip.
const std::string kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xcd\x4f\x49\xcd\x51\xb2\x52\xca\x55\xaa\x05\x00\x9b\x6c\xba\xaa"
    "\x0d\x00\x00\x00", 33);

}  // namespace

TEST_SUITE("http/server") {

TEST_CASE("a connection serves one request after another") {
  Running running(echo);
  TestSocket client = running.connect();
  for (const std::string path : {"/a", "/b", "/c"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.receive_message() == "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nGET " + path +
                                          " ?  | ");
  }
}

TEST_CASE("requests that come at once are answered in order") {
  Running running(echo);
  TestSocket client = running.connect();
  client.send("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nonePOST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
              "1\r\nt\r\n2\r\nwo\r\n0\r\n\r\n\r\nGET /c HTTP/1.1\r\n" + kClose + "\r\n");
  CHECK(body_of(client.receive_message()) == "POST /a ?  | one");
  CHECK(body_of(client.receive_message()) == "POST /b ?  | two");
  CHECK(body_of(client.receive_message()) == "GET /c ?  | ");
  CHECK(client.at_end());
}

TEST_CASE("a request may come byte by byte") {
  Running running(echo);
  TestSocket client = running.connect();
  for (const char byte : std::string("POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody")) client.send({&byte, 1});
  CHECK(body_of(client.receive_message()) == "POST /a ?  | body");
}

TEST_CASE("path and query, fields and address come as they were meant") {
  std::promise<Request> got;
  Running running([&](Request& request, ClientStream& client) {
    got.set_value(request);
    client.reply({200, {}, ""});
  });
  running.answer_to("GET /v1/models/a%2Fb%20c+%C3%BC?x=%41&y HTTP/1.1\r\nHost: h\r\nX-Percent: 100%0d%0aEvil: %41%\r\n"
                    "X-Two: 1\r\nx-two: 2\r\n" + kClose + "\r\n");
  const Request request = got.get_future().get();
  CHECK(request.method == "GET");
  CHECK(request.path == "/v1/models/a/b c+ü");
  CHECK(request.query == "x=%41&y");
  CHECK(request.headers.get("x-percent") == "100%0d%0aEvil: %41%");
  CHECK_FALSE(request.headers.has("Evil"));
  CHECK(request.headers.get("X-Two") == "1");
  CHECK(request.client_address == "127.0.0.1");
  CHECK_FALSE(request.headers.has("REMOTE_ADDR"));
}

TEST_CASE("every method that is known reaches the handler") {
  Running running(echo);
  for (const std::string method : {"GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(method);
    CHECK(body_of(running.answer_to(method + " / HTTP/1.1\r\n" + kClose + "\r\n")) == method + " / ?  | ");
  }
  CHECK(running.answer_to("HEAD / HTTP/1.1\r\n" + kClose + "\r\n") ==
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a compressed body is decoded") {
  Running running(echo);
  CHECK(body_of(running.answer_to("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 33\r\n" + kClose + "\r\n" +
                                  kGzip)) == "POST / ?  | {\"model\":\"m\"}");
}

TEST_CASE("a body in a coding that nobody knows is refused") {
  Running running(echo);
  CHECK(running.answer_to("POST / HTTP/1.1\r\nContent-Encoding: zip\r\nContent-Length: 2\r\n\r\nxx") ==
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 81\r\nConnection: close\r\n\r\n"
        "error The Content-Encoding of the request is not understood: gzip, deflate or br.");
}

TEST_CASE("a body that is no gzip is refused") {
  Running running(echo);
  CHECK(running.answer_to("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone") ==
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 77\r\nConnection: close\r\n\r\n"
        "error The request body is shorter than announced, or its coding is malformed.");
}

TEST_CASE("a handler that gives no answer gets its client a 500") {
  Running running([](Request&, ClientStream&) {});
  CHECK(running.answer_to("GET / HTTP/1.1\r\n" + kClose + "\r\n") ==
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 33\r\n"
        "Connection: close\r\n\r\n[500] The gateway gave no answer.");
}

TEST_CASE("forms are not taken apart") {
  Running running(echo);
  for (const std::string type : {"application/x-www-form-urlencoded", "multipart/form-data; boundary=b"}) {
    CAPTURE(type);
    CHECK(body_of(running.answer_to("POST / HTTP/1.1\r\nContent-Type: " + type + "\r\nContent-Length: 9\r\n" + kClose +
                                    "\r\n--b\r\na=%4")) == "POST / ?  | --b\r\na=%4");
  }
}

TEST_CASE("a body over the limit is refused") {
  Running running(echo);
  const std::string want = "HTTP/1.1 400 Bad Request\r\nContent-Length: 36\r\nConnection: close\r\n\r\nerror The request body is too large.";
  const std::string body(kBodyMax + 1, 'x');
  SUBCASE("by its length, before it is sent") {
    CHECK(running.answer_to("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n") == want);
  }
  SUBCASE("by its length, when it is sent") {
    CHECK(running.answer_to("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + body) == want);
  }
  SUBCASE("by its chunks") {
    CHECK(running.answer_to("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n") == want);
  }
}

TEST_CASE("a body of exactly the limit is taken") {
  Running running(echo);
  const std::string body(kBodyMax, 'x');
  CHECK(body_of(running.answer_to("POST / HTTP/1.1\r\nContent-Length: 1000\r\n" + kClose + "\r\n" + body)) ==
        "POST / ?  | " + body);
}

TEST_CASE("a broken body is an error, not a shorter body") {
  Running running(echo);
  const std::string want = "HTTP/1.1 400 Bad Request\r\nContent-Length: 77\r\nConnection: close\r\n\r\n"
                           "error The request body is shorter than announced, or its coding is malformed.";
  struct Row {
    std::string name;
    std::string request;
  };
  for (const Row& row : {Row{"short", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc"},
                         Row{"no last chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                         Row{"no chunk size", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nabc\r\n0\r\n\r\n"}}) {
    CAPTURE(row.name);
    TestSocket client = running.connect();
    client.send(row.request);
    client.end_output();
    CHECK(client.receive_all() == want);
  }
}

TEST_CASE("a client that falls silent within its body gets an answer") {
  ServerOptions options = quick();
  options.body_silence = Millis{20};
  Running running(echo, options);
  CHECK(running.answer_to("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc") ==
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 46\r\nConnection: close\r\n\r\nerror The request body did not arrive in time.");
}

TEST_CASE("a reply without reading the body arrives whole, and the connection closes") {
  Running running([](Request&, ClientStream& client) { client.reply({401, {}, "no key"}); });
  TestSocket client = running.connect();
  const std::string body(2'000'000, 'x');
  client.send("POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n");
  client.send(body);
  const std::string reply = client.receive_all();
  CHECK(reply.substr(0, 25) == "HTTP/1.1 401 Unauthorized");
  CHECK(reply.substr(reply.size() - 6) == "no key");
}

TEST_CASE("a client that expects 100 Continue gets it before it sends the body") {
  Running running(echo);
  TestSocket client = running.connect();
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  CHECK(body_of(client.receive_message()) == "POST / ?  | body");
}

TEST_CASE("a body that nobody wants is not asked for") {
  Running running([](Request&, ClientStream& client) { client.reply({401, {}, "no key"}); });
  TestSocket client = running.connect();
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.receive_message() ==
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\nConnection: close\r\n\r\nno key");
}

TEST_CASE("malformed requests are answered in the form of the application, and close the connection") {
  Running running(echo);
  struct Row {
    std::string name;
    std::string request;
    std::string status;
    std::string body;
  };
  const Row rows[] = {
      {"bad line", "GARBAGE\r\n\r\n", "400 Bad Request", "[400] The request line is malformed."},
      {"bare LF", "GET / HTTP/1.1\n\n", "400 Bad Request", "[400] A line of the request head does not end with CR LF."},
      {"two framings", "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Bad Request",
       "[400] Content-Length and Transfer-Encoding exclude each other."},
      {"version", "GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported",
       "[505] Only HTTP/1.1 and HTTP/1.0 are spoken here."},
      {"head without end", "GET / HTTP/1.1\r\nX: " + std::string(80'000, 'x'), "431 Request Header Fields Too Large",
       "[431] The request head is too large."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(running.answer_to(row.request) == "HTTP/1.1 " + row.status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                                                std::to_string(row.body.size()) + "\r\nConnection: close\r\n\r\n" + row.body);
  }
}

TEST_CASE("fields that are nobody's business here don't get in the way") {
  Running running(echo);
  for (const std::string field : {"Range: bytes=9-1", "Range: nonsense", "Accept: ;;q=x", "Expect: 200-ok",
                                  "Accept-Encoding: br, gzip", "Upgrade: h2c", "Authorization: %"}) {
    CAPTURE(field);
    CHECK(running.answer_to("GET / HTTP/1.1\r\n" + field + "\r\n" + kClose + "\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nGET / ?  | ");
  }
}

TEST_CASE("a handler that throws gets its client a 500") {
  struct Row {
    std::string name;
    Server::Handler handler;
  };
  const Row rows[] = {
      {"exception", [](Request&, ClientStream&) { throw std::runtime_error("a secret"); }},
      {"anything else", [](Request&, ClientStream&) { throw 1; }},
  };
  for (const Row& row : rows) {
    for (const std::string method : {"GET", "POST"}) {
      CAPTURE(row.name);
      CAPTURE(method);
      Running running(row.handler);
      CHECK(running.answer_to(method + " / HTTP/1.1\r\n" + kClose + "\r\n") ==
            "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 35\r\n"
            "Connection: close\r\n\r\n[500] The gateway failed to answer.");
    }
  }
}

TEST_CASE("a handler that throws within a stream gets it cut") {
  Running running([](Request&, ClientStream& client) {
    client.start(200, {});
    client.write("abc");
    throw std::runtime_error("too late");
  });
  CHECK(running.answer_to("GET / HTTP/1.1\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
}

TEST_CASE("a stream leaves the connection usable, one that was not ended cuts it") {
  Running running([](Request& request, ClientStream& client) {
    client.start(200, {});
    client.write("abc");
    if (request.path == "/whole") client.finish();
  });
  TestSocket client = running.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("GET /whole HTTP/1.1\r\n\r\n");
    CHECK(client.receive_until("\r\n0\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  }
  client.send("GET /cut HTTP/1.1\r\n\r\n");
  CHECK(client.receive_all() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
}

}  // TEST_SUITE

}  // namespace aigw::http
