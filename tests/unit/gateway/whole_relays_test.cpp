#include "gateway/whole_relays.h"

#include <doctest/doctest.h>
#include <string>

#include "gateway/relay_fixture.h"

namespace aigw::gateway {
namespace {


const std::string kAnswer =
    R"({"id":"c1", "object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8},"x_own":1e2})";

const std::string kEmpty = R"({"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]})";

}  // namespace

TEST_SUITE("gateway/whole_relays") {

TEST_CASE("a JSON answer is held until it is whole, and passed unchanged") {
  RelayFixture fixture(Dialect::Chat);
  CHECK(fixture.take("application/json", {kAnswer.substr(0, 50), kAnswer.substr(50)}));
  CHECK_FALSE(fixture.client.started());
  CHECK_FALSE(fixture.progress().committed);
  fixture.relay->on_end();
  CHECK(fixture.failure() == "none");
  CHECK(fixture.progress().committed);
  CHECK(fixture.progress().complete);
  CHECK(fixture.progress().usage->prompt == 3);
  CHECK(fixture.progress().usage->completion == 5);
  CHECK(fixture.progress().text_bytes == 2);
  CHECK(fixture.settled == 1);
  CHECK(fixture.settled_before_the_end);
  CHECK(fixture.body() == kAnswer);
}

TEST_CASE("the client gets the provider's status") {
  RelayFixture fixture(Dialect::Plain);
  fixture.relay = make_relay(fixture.client, fixture.options, 201, {{"Content-Type", "application/json"}});
  CHECK(fixture.relay->on_data("{}"));
  fixture.relay->on_end();
  CHECK(fixture.sockets.theirs.receive_until("\r\n") == "HTTP/1.1 201 Created\r\n");
}

TEST_CASE("an answer that is none is a failure that the client does not see") {
  struct Row {
    std::string name;
    Dialect dialect;
    std::string body;
    std::string failure;
    int status;
  };
  for (const Row& row : {
           Row{"error object", Dialect::Chat, R"({"error":{"message":"Quota","code":"insufficient_quota"}})",
               "429 insufficient_quota", 429},
           Row{"error of a plain endpoint", Dialect::Plain, R"({"error":{"message":"Busy","type":"overloaded_error"}})",
               "503 overloaded_error", 503},
           Row{"HTML", Dialect::Chat, "<html>Sign in</html>", "unreadable answer", 0},
           Row{"nothing", Dialect::Chat, "", "unreadable answer", 0},
           Row{"half of it", Dialect::Chat, kAnswer.substr(0, 60), "unreadable answer", 0},
           Row{"no content", Dialect::Chat, kEmpty, "empty answer", 0},
       }) {
    CAPTURE(row.name);
    RelayFixture fixture(row.dialect);
    CHECK(fixture.take("application/json", {row.body}));
    fixture.relay->on_end();
    CHECK(fixture.failure() == row.failure);
    CHECK(fixture.progress().failure->status == row.status);
    CHECK_FALSE(fixture.progress().committed);
    CHECK_FALSE(fixture.client.started());
    CHECK(fixture.settled == 0);
  }
}

TEST_CASE("an answer without content passes where that is allowed, or where nobody looks for content") {
  RelayFixture allowed(Dialect::Chat);
  allowed.options.allow_empty = true;
  CHECK(allowed.take("application/json", {kEmpty}));
  allowed.relay->on_end();
  CHECK(allowed.body() == kEmpty);

  RelayFixture plain(Dialect::Plain);
  CHECK(plain.take("application/json", {"{\"results\":[]}"}));
  plain.relay->on_end();
  CHECK(plain.body() == "{\"results\":[]}");
}

TEST_CASE("a streaming client gets the answer as chunks") {
  for (const bool wants_usage : {false, true}) {
    CAPTURE(wants_usage);
    RelayFixture fixture(Dialect::Chat, true);
    fixture.options.client_wants_usage = wants_usage;
    CHECK(fixture.take("application/json", {kAnswer}));
    CHECK_FALSE(fixture.client.started());
    fixture.relay->on_end();
    CHECK(fixture.settled == 1);
    CHECK(fixture.settled_before_the_end);
    CHECK(fixture.progress().complete);
    CHECK(fixture.client.finished());
    const std::string body = fixture.body();
    CHECK(body.find(R"("delta":{"content":"Hi"})") != std::string::npos);
    CHECK((body.find(R"("choices":[],"usage":{)") != std::string::npos) == wants_usage);
    CHECK(body.substr(body.size() - 14) == "data: [DONE]\n\n");
  }
}

TEST_CASE("a plain endpoint's JSON passes even to a client that asked for a stream") {
  RelayFixture fixture(Dialect::Plain, true);
  CHECK(fixture.take("application/json", {R"({"data":[{"b64_json":"AA=="}]})"}));
  fixture.relay->on_end();
  CHECK(fixture.failure() == "none");
  CHECK(fixture.settled == 1);
  CHECK(fixture.body() == R"({"data":[{"b64_json":"AA=="}]})");
}

TEST_CASE("other bytes pass as they come") {
  RelayFixture fixture(Dialect::Plain);
  const std::string audio("\x00\xff\r\n\r\n\x01", 7);
  CHECK(fixture.take("audio/mpeg", {audio}));
  CHECK(fixture.client.started());
  CHECK(fixture.progress().committed);
  const auto first_content_at = fixture.progress().first_content_at;
  CHECK(fixture.settled == 0);
  CHECK(fixture.relay->on_data(audio));
  fixture.relay->on_end();
  CHECK(fixture.progress().complete);
  CHECK(fixture.progress().first_content_at == first_content_at);  // it stands for the first byte
  CHECK(fixture.settled == 1);
  CHECK(fixture.settled_before_the_end);
  CHECK(fixture.client.finished());
  CHECK(fixture.body() == audio + audio);
}

TEST_CASE("an answer without a body is one too") {
  RelayFixture fixture(Dialect::Plain);
  CHECK(fixture.take("audio/mpeg", {}));
  CHECK_FALSE(fixture.client.started());
  fixture.relay->on_end();
  CHECK(fixture.progress().complete);
  CHECK(fixture.settled == 1);
  CHECK(fixture.client.finished());
  CHECK(fixture.body() == "");
}

TEST_CASE("bytes that break off are cut") {
  RelayFixture fixture(Dialect::Plain);
  CHECK(fixture.take("audio/mpeg", {"abc"}));
  fixture.relay->break_off({502, "It broke.", "server_error", ""});
  CHECK(fixture.client.finished());
  CHECK_FALSE(fixture.progress().complete);
  CHECK(fixture.settled == 0);
  CHECK(fixture.body() == "abc");
}

}  // TEST_SUITE

}  // namespace aigw::gateway
