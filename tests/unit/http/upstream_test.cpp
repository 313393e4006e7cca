#include "http/upstream.h"

#include <doctest/doctest.h>
#include <future>
#include <string>

#include "http/scripted_server.h"
#include "http/upstream_call.h"

namespace aigw::http {
namespace {

using Script = ScriptedServer::Script;

// Takes a request and answers with these bytes.
Script answer(std::string bytes) {
  return [bytes = std::move(bytes)](TestSocket& socket) {
    socket.receive_message();
    socket.send(bytes);
  };
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string kEarlyEnd = "Broken: the connection was closed before the answer was whole";

// What comes of one call that is answered with these bytes, behind which the connection closes.
std::string outcome_of(const std::string& bytes) {
  ScriptedServer server({answer(bytes)});
  const Url url = server.url();
  return Caller(url).outcome();
}

// `hello`, compressed with gzip.
const std::string kGzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
                        25);

}  // namespace

TEST_SUITE("http/upstream") {

TEST_CASE("a request goes out as it was put together") {
  std::promise<std::string> seen;
  ScriptedServer server({[&](TestSocket& socket) {
    seen.set_value(socket.receive_message());
    socket.send(kOk);
  }});
  const Url url = server.url();
  Caller caller(url);
  caller.request.path = "/v1/a%20b?x=%2F";
  caller.request.headers.add("X-Percent", "100%");
  CHECK(caller.outcome() == "200 ok");
  const std::string request = seen.get_future().get();
  CHECK(request.substr(0, request.find("\r\n")) == "POST /v1/a%20b?x=%2F HTTP/1.1");
  CHECK(request.substr(request.find("\r\n\r\n") + 4) == "{\"a\":1}");
  for (const std::string& field : {"Host: 127.0.0.1:" + std::to_string(server.port()), std::string("Content-Length: 7"),
                                   std::string("Content-Type: application/json"), std::string("X-Percent: 100%")}) {
    CAPTURE(field);
    CHECK(request.find("\r\n" + field + "\r\n") != std::string::npos);
  }
}

TEST_CASE("a request without a body has no content") {
  std::promise<std::string> seen;
  ScriptedServer server({[&](TestSocket& socket) {
    seen.set_value(socket.receive_message());
    socket.send(kOk);
  }});
  const Url url = server.url();
  Caller caller(url);
  caller.request.method = "GET";
  caller.request.body = {};
  CHECK(caller.outcome() == "200 ok");
  const std::string request = seen.get_future().get();
  CHECK(request.substr(0, 4) == "GET ");
  CHECK(request.substr(request.size() - 4) == "\r\n\r\n");
}

TEST_CASE("whole answers are understood however they are framed") {
  const std::string long_phrase(10'000, 'x');
  struct Row {
    std::string name;
    std::string bytes;
    std::string outcome;
  };
  const Row rows[] = {
      {"length", kOk, "200 ok"},
      {"length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 "},
      {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n2;x=y\r\nk!\r\n0\r\n\r\n", "200 ok!"},
      {"until the end", "HTTP/1.1 200 OK\r\n\r\nok until the end", "200 ok until the end"},
      {"1.0", "HTTP/1.0 200 OK\r\n\r\nok", "200 ok"},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", "204 "},
      {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "200 ok"},
      {"empty reason phrase", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", "200 ok"},
      {"long reason phrase", "HTTP/1.1 503 " + long_phrase + "\r\nContent-Length: 2\r\n\r\nno", "503 no"},
      {"unknown status", "HTTP/1.1 529 Overloaded\r\nContent-Length: 2\r\n\r\nno", "529 no"},
      {"redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno", "302 no"},
      {"interim answer", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + kOk, "200 ok"},
      {"two interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + kOk, "200 ok"},
      {"compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + kGzip, "200 hello"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(outcome_of(row.bytes) == row.outcome);
  }
}

TEST_CASE("an answer that is not whole, or not HTTP, is an error") {
  const std::string no_http = "Garbled: the answer is not HTTP/1.1";
  struct Row {
    std::string name;
    std::string bytes;
    std::string outcome;
  };
  const Row rows[] = {
      {"nothing", "", kEarlyEnd},
      {"part of a head", "HTTP/1.1 200 OK\r\nContent-Le", kEarlyEnd},
      {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", kEarlyEnd},
      {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", kEarlyEnd},
      {"short chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", kEarlyEnd},
      {"no chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nok\r\n", kEarlyEnd},
      {"only an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\n", kEarlyEnd},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", no_http},
      {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", no_http},
      {"no status", "HTTP/1.1 abc OK\r\n\r\n", no_http},
      {"long status", "HTTP/1.1 2000 OK\r\n\r\n", no_http},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", no_http},
      {"head too large", "HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x'), no_http},
      {"field too large", "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\nContent-Length: 2\r\n\r\nok", no_http},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(outcome_of(row.bytes) == row.outcome);
  }
}

TEST_CASE("the receiver gets the head once, and fields as they came") {
  ScriptedServer server({answer("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Percent: 100%41%0d\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")});
  const Url url = server.url();
  Caller caller(url);
  Recorder recorder;
  CHECK(caller.call(recorder).has_value());
  CHECK(recorder.heads == 1);
  CHECK(recorder.headers.get("content-type") == "text/plain");
  CHECK(recorder.headers.get("X-Percent") == "100%41%0d");
  CHECK_FALSE(recorder.headers.has("X-Early"));
}

TEST_CASE("pieces reach the receiver as they come") {
  std::promise<void> seen;
  ScriptedServer server({[&](TestSocket& socket) {
    socket.receive_message();
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    seen.get_future().wait();  // the rest comes only when the beginning has arrived
    socket.send("4\r\nrest\r\n0\r\n\r\n");
  }});
  const Url url = server.url();
  Caller caller(url);
  Recorder recorder;
  recorder.wants_more = [&] {
    if (recorder.body == "first") seen.set_value();
    return true;
  };
  CHECK(caller.call(recorder).has_value());
  CHECK(recorder.body == "firstrest");
}

TEST_CASE("a receiver that wants no more ends the call") {
  ScriptedServer server({[](TestSocket& socket) {
    socket.receive_message();
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    socket.at_end();  // the gateway hangs up
  }});
  const Url url = server.url();
  Caller caller(url);
  Recorder recorder;
  recorder.wants_more = [] { return false; };
  const Status status = caller.call(recorder);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::Unavailable);
  CHECK(recorder.body == "first");
}

TEST_CASE("a connection is kept for the next call") {
  for (const std::string& first : {kOk, std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")}) {
    CAPTURE(first);
    ScriptedServer server({[&](TestSocket& socket) {
      for (int i = 0; i < 2; ++i) {
        socket.receive_message();
        socket.send(i == 0 ? first : kOk);
      }
    }});
    const Url url = server.url();
    Caller caller(url);
    CHECK(caller.outcome() == "200 ok");
    CHECK(caller.outcome() == "200 ok");
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("a connection is not kept where the answer rules that out") {
  struct Row {
    std::string name;
    std::string bytes;
  };
  for (const Row& row : {Row{"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"},
                         Row{"close in a list", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok"},
                         Row{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
                         Row{"bytes behind the answer", kOk + "more"}}) {
    CAPTURE(row.name);
    std::promise<bool> closed;
    ScriptedServer server({[&](TestSocket& socket) {
                             socket.receive_message();
                             socket.send(row.bytes);
                             closed.set_value(socket.at_end());
                           },
                           answer(kOk)});
    const Url url = server.url();
    Caller caller(url);
    CHECK(caller.outcome() == "200 ok");
    CHECK(closed.get_future().get());
    CHECK(caller.outcome() == "200 ok");
    CHECK(server.connections() == 2);
  }
}

TEST_CASE("a kept connection that the provider closed is replaced once, with the request intact") {
  std::promise<void> closed;
  std::promise<std::string> seen;
  ScriptedServer server({[&](TestSocket& socket) {
                           socket.receive_message();
                           socket.send(kOk);
                           socket.close();
                           closed.set_value();
                         },
                         [&](TestSocket& socket) {
                           seen.set_value(socket.receive_message());
                           socket.send(kOk);
                         }});
  const Url url = server.url();
  Caller caller(url);
  CHECK(caller.outcome() == "200 ok");
  closed.get_future().wait();
  const std::string large(300'000, 'x');
  caller.request.body = {"[", large, "]"};
  CHECK(caller.outcome() == "200 ok");
  CHECK(server.connections() == 2);
  const std::string request = seen.get_future().get();
  CHECK(request.substr(request.find("\r\n\r\n") + 4) == "[" + large + "]");
}

TEST_CASE("a fresh connection that breaks off is not replaced") {
  std::promise<void> closed;
  const Script close = [](TestSocket& socket) { socket.receive_message(); };
  ScriptedServer server({[&](TestSocket& socket) {
                           socket.receive_message();
                           socket.send(kOk);
                           socket.close();
                           closed.set_value();
                         },
                         close, close});
  const Url url = server.url();
  Caller caller(url);
  CHECK(caller.outcome() == "200 ok");
  closed.get_future().wait();
  CHECK(caller.outcome() == kEarlyEnd);
  CHECK(server.connections() == 2);
  CHECK(caller.outcome() == kEarlyEnd);
  CHECK(server.connections() == 3);
}

TEST_CASE("a kept connection that breaks off within an answer is not replaced") {
  ScriptedServer server({[&](TestSocket& socket) {
                           socket.receive_message();
                           socket.send(kOk);
                           socket.receive_message();
                           socket.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok");
                         },
                         answer(kOk)});
  const Url url = server.url();
  Caller caller(url);
  CHECK(caller.outcome() == "200 ok");
  CHECK(caller.outcome() == kEarlyEnd);
  CHECK(server.connections() == 1);
}

TEST_CASE("tick closes connections that were kept for long") {
  std::promise<void> closed;
  ScriptedServer server({[&](TestSocket& socket) {
                           socket.receive_message();
                           socket.send(kOk);
                           if (socket.at_end()) closed.set_value();
                         },
                         answer(kOk)});
  const Url url = server.url();
  Caller caller(url);
  CHECK(caller.outcome() == "200 ok");
  caller.upstream.tick(steady_now());
  caller.upstream.tick(steady_now() + Millis{50'000});
  closed.get_future().wait();
  CHECK(caller.outcome() == "200 ok");
}

TEST_CASE("a reset tells in which moment it came") {
  for (const bool within_body : {false, true}) {
    CAPTURE(within_body);
    std::promise<void> seen;
    ScriptedServer server({[&](TestSocket& socket) {
      socket.receive_message();
      if (within_body) {
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
        seen.get_future().wait();
      }
      socket.reset();
    }});
    const Url url = server.url();
    Caller caller(url);
    Recorder recorder;
    recorder.wants_more = [&] {
      seen.set_value();
      return true;
    };
    const Status status = caller.call(recorder);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::Broken);
    CHECK(status.error().detail == "the connection broke off: Connection reset by peer");
    CHECK(recorder.body == (within_body ? "ok" : ""));
  }
}

TEST_CASE("a client that hangs up ends the wait for the answer") {
  std::promise<TestSocket*> client;
  std::promise<bool> ended;
  ScriptedServer server({[&](TestSocket& socket) {
    socket.receive_message();
    client.get_future().get()->close();
    ended.set_value(socket.at_end());  // the call is ended, not waited for
  }});
  const Url url = server.url();
  Caller caller(url);
  client.set_value(&caller.client.theirs);
  CHECK(caller.outcome() == "ClientGone: the client hung up");
  CHECK(ended.get_future().get());
}

TEST_CASE("a client that hangs up ends the wait within an answer") {
  ScriptedServer server({[&](TestSocket& socket) {
    socket.receive_message();
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
    socket.at_end();
  }});
  const Url url = server.url();
  Caller caller(url);
  Recorder recorder;
  recorder.wants_more = [&] {
    caller.client.theirs.close();
    return true;
  };
  const Status status = caller.call(recorder);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::ClientGone);
}

TEST_CASE("a provider that keeps silent runs into the deadline") {
  struct Row {
    std::string name;
    std::string bytes;
  };
  for (const Row& row : {Row{"from the start", ""}, Row{"within the head", "HTTP/1.1 200 OK\r\nContent-"},
                         Row{"within the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"},
                         Row{"behind an interim answer", "HTTP/1.1 100 Continue\r\n\r\n"}}) {
    CAPTURE(row.name);
    ScriptedServer server({[&](TestSocket& socket) {
      socket.receive_message();
      socket.send(row.bytes);
      socket.at_end();
    }});
    const Url url = server.url();
    Caller caller(url);
    caller.waiter.set_deadline(steady_now() + Millis{50});
    CHECK(caller.outcome() == "TimedOut: no answer in time");
  }
}

TEST_CASE("a provider that takes no more of the request runs into the deadline") {
  std::promise<void> over;
  ScriptedServer server({[&](TestSocket&) { over.get_future().wait(); }});
  const Url url = server.url();
  Caller caller(url);
  const std::string large(32'000'000, 'x');
  caller.request.body = {large};
  caller.waiter.set_deadline(steady_now() + Millis{50});
  CHECK(caller.outcome() == "TimedOut: no answer in time");
  over.set_value();
}

TEST_CASE("an answer that comes before the request is sent whole is read") {
  ScriptedServer server({[](TestSocket& socket) {
    socket.receive_until("\r\n\r\n");
    socket.send("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large");
    socket.end_output();
  }});
  const Url url = server.url();
  Caller caller(url);
  const std::string large(32'000'000, 'x');
  caller.request.body = {large};
  CHECK(caller.outcome() == "413 too large");
}

TEST_CASE("large bodies pass both ways") {
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i) large += std::to_string(i) + ' ';
  ScriptedServer server({[](TestSocket& socket) {
    const std::string request = socket.receive_message();
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    socket.send(body);
  }});
  const Url url = server.url();
  Caller caller(url);
  caller.request.body = {large};
  Recorder recorder;
  CHECK(caller.call(recorder).has_value());
  CHECK(recorder.body == large);
}

TEST_CASE("a port where nobody listens is refused") {
  int port = 0;
  {
    ScriptedServer server({});
    port = server.port();
  }
  const Url url{false, "127.0.0.1", port, ""};
  CHECK(Caller(url).outcome() == "Refused: can't connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("a name that does not resolve is refused") {
  const Url url{false, "no-such-host.invalid", 80, ""};
  Recorder recorder;
  Caller caller(url);
  const Status status = caller.call(recorder);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::Refused);
  CHECK(status.error().detail.substr(0, 37) == "can't resolve no-such-host.invalid: N");
}

}  // TEST_SUITE

}  // namespace aigw::http
