#include "gateway/relay.h"

#include <doctest/doctest.h>
#include <string>
#include <typeinfo>
#include <vector>

#include "gateway/event_relays.h"
#include "gateway/relay_fixture.h"
#include "gateway/whole_relays.h"

namespace aigw::gateway {
namespace {


// Which relay takes an answer of that type.
std::string relay_for(Dialect dialect, bool client_streams, const std::string& content_type) {
  RelayFixture fixture(dialect, client_streams);
  fixture.take(content_type, {});
  const Relay* const relay = fixture.relay.get();
  if (dynamic_cast<const StreamRelay*>(relay) != nullptr) return "stream";
  if (dynamic_cast<const JoinRelay*>(relay) != nullptr) return "join";
  if (dynamic_cast<const WholeRelay*>(relay) != nullptr) return "whole";
  return "raw";
}

}  // namespace

TEST_SUITE("gateway/relay") {

TEST_CASE("the answer's type and the client's wish choose the relay") {
  struct Row {
    Dialect dialect;
    bool client_streams;
    std::string type;
    std::string want;
  };
  for (const Row& row : {
           Row{Dialect::Chat, true, "text/event-stream; charset=utf-8", "stream"},
           Row{Dialect::Chat, false, "text/event-stream", "join"},
           Row{Dialect::Chat, false, "application/json", "whole"},
           Row{Dialect::Chat, true, "application/json", "whole"},
           Row{Dialect::Chat, false, "text/plain", "whole"},
           Row{Dialect::Chat, false, "", "whole"},
           Row{Dialect::Plain, true, "text/event-stream", "stream"},
           Row{Dialect::Plain, false, "text/event-stream", "raw"},
           Row{Dialect::Plain, false, "application/json", "whole"},
           Row{Dialect::Plain, false, "application/problem+json", "whole"},
           Row{Dialect::Plain, false, "audio/mpeg", "raw"},
           Row{Dialect::Plain, false, "", "raw"},
       }) {
    CAPTURE(row.type);
    CAPTURE(row.client_streams);
    CHECK(relay_for(row.dialect, row.client_streams, row.type) == row.want);
  }
}

TEST_CASE("only fields that help the client are forwarded") {
  const http::Headers forwarded = forwarded_headers(Dialect::Plain,
                                                    {{"content-type", "audio/mpeg"},
                                                     {"Content-Disposition", "attachment"},
                                                     {"Retry-After", "3"},
                                                     {"Set-Cookie", "secret"},
                                                     {"Server", "x"},
                                                     {"Content-Encoding", "gzip"},
                                                     {"Content-Length", "7"},
                                                     {"X-RateLimit-Remaining-Requests", "7"},
                                                     {"X-Request-Id", "up-1"}},
                                                    false);
  CHECK(std::vector<http::Headers::Field>(forwarded.begin(), forwarded.end()) ==
        std::vector<http::Headers::Field>{{"Content-Type", "audio/mpeg"},
                                          {"Content-Disposition", "attachment"},
                                          {"retry-after", "3"},
                                          {"x-upstream-request-id", "up-1"}});
}

TEST_CASE("a reason repeats a provider's word only if it is plain") {
  struct Row {
    std::string name;
    int status;
    std::string type, code;
    std::string want;
  };
  for (const Row& row : {
           Row{"code", 503, "server_error", "overloaded", "503 overloaded"},
           Row{"type", 429, "rate_limit_error", "", "429 rate_limit_error"},
           Row{"code that repeats the status", 429, "requests", "429", "429 requests"},
           Row{"neither", 503, "", "", "503 Service Unavailable"},
           Row{"no phrase either", 529, "", "", "529"},
           Row{"sentence", 500, "an error: key sk-123", "", "500 Internal Server Error"},
           Row{"too long", 500, "", std::string(65, 'a'), "500 Internal Server Error"},
           Row{"only the status", 404, "", "404", "404 Not Found"},
       }) {
    CAPTURE(row.name);
    CHECK(reason_of(row.status, {row.status, "message", row.type, row.code}) == row.want);
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
