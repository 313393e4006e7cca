#include "gateway/event_relays.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/relay_fixture.h"

namespace aigw::gateway {
namespace {


const std::string kRole = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const std::string kText = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
const std::string kFinish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string kLength = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
const std::string kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n";
const std::string kDone = "data: [DONE]\n\n";
const std::string kOverloaded = "data: {\"error\":{\"message\":\"Busy\",\"type\":\"overloaded_error\",\"code\":\"overloaded\"}}\n\n";

struct Streaming : RelayFixture {
  Streaming() : RelayFixture(Dialect::Chat, true) {}
};

struct Joining : RelayFixture {
  Joining() : RelayFixture(Dialect::Chat, false) {}
};

}  // namespace

TEST_SUITE("gateway/event_relays") {

// ---- StreamRelay ----

TEST_CASE("events before the first content are held back, and go out with it") {
  Streaming fixture;
  CHECK(fixture.take_events({": ping\n\n", kRole}));
  CHECK_FALSE(fixture.client.started());
  CHECK_FALSE(fixture.progress().committed);
  CHECK(fixture.relay->on_data(kText));
  CHECK(fixture.client.started());
  CHECK(fixture.progress().committed);
  CHECK(fixture.progress().first_content_at.has_value());
  CHECK(fixture.body() == ": ping\n\n" + kRole + kText);
}

TEST_CASE("a whole stream goes out unchanged and is settled once, before its end") {
  Streaming fixture;
  CHECK(fixture.take_events({kRole, kText, ": ping\n\n", kText, kFinish}));
  CHECK_FALSE(fixture.progress().complete);
  CHECK(fixture.settled == 0);
  CHECK(fixture.relay->on_data(kDone));
  CHECK(fixture.progress().complete);
  CHECK(fixture.settled == 1);
  CHECK(fixture.settled_before_the_end);
  CHECK(fixture.client.finished());
  fixture.relay->on_end();
  CHECK(fixture.settled == 1);
  CHECK(fixture.failure() == "none");
  CHECK(fixture.progress().text_bytes == 4);
  CHECK(fixture.body() == kRole + kText + ": ping\n\n" + kText + kFinish + kDone);
}

TEST_CASE("where the network cuts the stream does not matter") {
  const std::string all = kRole + kText + kFinish + kUsage + kDone;
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    CAPTURE(cut);
    Streaming fixture;
    CHECK(fixture.take_events({all.substr(0, cut), all.substr(cut)}));
    fixture.relay->on_end();
    CHECK(fixture.settled == 1);
    CHECK(fixture.progress().usage->total() == 8);
    CHECK(fixture.body() == kRole + kText + kFinish + kDone);
  }
}

TEST_CASE("the usage chunk is hidden from a client that did not ask for it, and counted") {
  for (const bool wanted : {false, true}) {
    CAPTURE(wanted);
    Streaming fixture;
    fixture.options.client_wants_usage = wanted;
    CHECK(fixture.take_events({kText, kFinish, kUsage, kDone}));
    REQUIRE(fixture.progress().usage.has_value());
    CHECK(fixture.progress().usage->prompt == 3);
    CHECK(fixture.progress().usage->completion == 5);
    CHECK(fixture.body() == kText + kFinish + (wanted ? kUsage : "") + kDone);
  }
}

TEST_CASE("an error event before the first content is a failure that the client does not see") {
  Streaming fixture;
  CHECK_FALSE(fixture.take_events({kRole, kOverloaded}));
  CHECK(fixture.failure() == "503 overloaded");
  CHECK(fixture.progress().failure->status == 503);
  CHECK(fixture.progress().failure->detail == "");
  REQUIRE(fixture.progress().failure->error.has_value());
  CHECK(fixture.progress().failure->error->message == "Busy");
  CHECK_FALSE(fixture.progress().committed);
  CHECK_FALSE(fixture.client.started());
  CHECK(fixture.settled == 0);
}

TEST_CASE("an error event within the answer is not passed on as it is: ours ends the stream") {
  Streaming fixture;
  CHECK_FALSE(fixture.take_events({kText, kOverloaded}));
  CHECK(fixture.failure() == "503 overloaded");
  CHECK(fixture.progress().committed);
  fixture.relay->break_off({502, "It broke.", "server_error", "upstream_truncated"});
  CHECK(fixture.client.finished());
  CHECK(fixture.settled == 0);
  CHECK(fixture.body() == kText + R"(data: {"error":{"message":"It broke.","type":"server_error","param":null,)"
                                  R"("code":"upstream_truncated"}})" "\n\n");
}

TEST_CASE("a stream that ends before its finish has failed") {
  for (const bool committed : {false, true}) {
    CAPTURE(committed);
    Streaming fixture;
    CHECK(fixture.take_events({committed ? kText : kRole}));
    fixture.relay->on_end();
    CHECK(fixture.failure() == "stream ended early");
    CHECK(fixture.progress().failure->kind == ErrorKind::Broken);
    CHECK(fixture.progress().committed == committed);
    CHECK_FALSE(fixture.progress().complete);
    CHECK_FALSE(fixture.client.finished());
    CHECK(fixture.settled == 0);
  }
}

TEST_CASE("a finish reason makes a stream whole that lacks [DONE]") {
  Streaming fixture;
  CHECK(fixture.take_events({kText, kFinish}));
  fixture.relay->on_end();
  CHECK(fixture.progress().complete);
  CHECK(fixture.settled == 1);
  CHECK(fixture.client.finished());
  CHECK(fixture.body() == kText + kFinish);
}

TEST_CASE("a last event without its empty line still counts") {
  Streaming fixture;
  CHECK(fixture.take_events({kText, "data: [DONE]"}));
  CHECK_FALSE(fixture.progress().complete);
  fixture.relay->on_end();
  CHECK(fixture.progress().complete);
  CHECK(fixture.body() == kText + "data: [DONE]");
}

TEST_CASE("an answer without content is a failure, unless it was cut by length or may be empty") {
  struct Row {
    std::string name;
    std::string finish;
    bool allow_empty;
    std::string failure;
  };
  for (const Row& row : {Row{"stop", kFinish, false, "empty answer"}, Row{"nothing", "", false, "empty answer"},
                         Row{"length", kLength, false, "none"}, Row{"allowed", kFinish, true, "none"}}) {
    CAPTURE(row.name);
    Streaming fixture;
    fixture.options.allow_empty = row.allow_empty;
    const bool answered = row.failure == "none";
    CHECK(fixture.take_events({kRole, row.finish, kDone}) == answered);
    CHECK(fixture.failure() == row.failure);
    CHECK(fixture.client.started() == answered);
    CHECK(fixture.settled == (answered ? 1 : 0));
    CHECK(fixture.body() == (answered ? kRole + row.finish + kDone : ""));
  }
}

TEST_CASE("tool calls, reasoning and refusals are content") {
  for (const std::string delta : {R"("tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}])",
                                  R"("reasoning_content":"hm")", R"("refusal":"no")"}) {
    CAPTURE(delta);
    Streaming fixture;
    CHECK(fixture.take_events({"data: {\"choices\":[{\"index\":0,\"delta\":{" + delta + "}}]}\n\n"}));
    CHECK(fixture.progress().committed);
  }
}

TEST_CASE("data that is not JSON is a failure") {
  Streaming fixture;
  CHECK_FALSE(fixture.take_events({kRole, "data: oops\n\n"}));
  CHECK(fixture.failure() == "unreadable stream");
  CHECK_FALSE(fixture.client.started());
}

TEST_CASE("nothing behind [DONE] is read") {
  Streaming fixture;
  CHECK(fixture.take_events({kText, kDone + kOverloaded, "data: oops\n\n"}));
  CHECK(fixture.failure() == "none");
  CHECK(fixture.body() == kText + kDone);
}

TEST_CASE("an event larger than what is held goes through in pieces, unharmed") {
  Streaming fixture;
  const std::string large(1'000'000, 'x');
  const std::string begin = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
  fixture.read_beside();
  CHECK(fixture.take_events({kRole, begin}));
  CHECK_FALSE(fixture.client.started());
  CHECK(fixture.relay->on_data(large));
  CHECK(fixture.progress().committed);
  CHECK_FALSE(fixture.relay->at_event_border());
  CHECK(fixture.relay->on_data("\"}}]}\n\n"));
  CHECK(fixture.relay->at_event_border());
  CHECK(fixture.relay->on_data(kFinish + kDone));
  CHECK(fixture.progress().complete);
  CHECK(fixture.body() == kRole + begin + large + "\"}}]}\n\n" + kFinish + kDone);
}

TEST_CASE("a stream that breaks within a large event is cut: an error event would become part of it") {
  Streaming fixture;
  fixture.read_beside();
  const std::string begin = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + std::string(400'000, 'x');
  CHECK(fixture.take_events({begin}));
  fixture.relay->break_off({502, "It broke.", "server_error", ""});
  CHECK(fixture.client.finished());
  CHECK(fixture.body() == begin);
}

TEST_CASE("comments without end are no answer") {
  Streaming fixture;
  CHECK_FALSE(fixture.take_events({":" + std::string(200'000, 'x') + "\n\n", ":" + std::string(200'000, 'x') + "\n\n"}));
  CHECK(fixture.failure() == "empty answer");
  CHECK_FALSE(fixture.client.started());
}

TEST_CASE("comments are no events") {
  Streaming fixture;
  CHECK(fixture.take_events({": ping\n\n"}));
  CHECK_FALSE(fixture.progress().last_event_at.has_value());
  CHECK(fixture.relay->on_data(kRole));
  CHECK(fixture.progress().last_event_at.has_value());
}

TEST_CASE("a client that is gone ends the stream") {
  Streaming fixture;
  CHECK(fixture.take_events({kText}));
  fixture.sockets.theirs.close();
  fixture.client.flush();
  CHECK_FALSE(fixture.relay->on_data(kText));
  CHECK(fixture.failure() == "none");
}

TEST_CASE("a stream of Responses holds back what only announces, and fails by its own event") {
  const std::string created = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\"}}\n\n";
  const std::string delta = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n";
  const std::string completed =
      "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\","
      "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}],"
      "\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}}\n\n";
  const std::string failed =
      "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\","
      "\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}}\n\n";
  RelayFixture whole(Dialect::Responses, true);
  CHECK(whole.take_events({created}));
  CHECK_FALSE(whole.client.started());
  CHECK(whole.relay->on_data(delta));
  CHECK(whole.client.started());
  CHECK(whole.relay->on_data(completed));
  CHECK(whole.progress().complete);
  CHECK(whole.progress().usage->total() == 8);
  CHECK(whole.body() == created + delta + completed);

  RelayFixture broken(Dialect::Responses, true);
  CHECK_FALSE(broken.take_events({created, failed}));
  CHECK(broken.failure() == "429 rate_limit_exceeded");
  CHECK_FALSE(broken.client.started());
}

TEST_CASE("a stream of Responses that has begun fails in the provider's words, or with the response it told") {
  const auto frame = [](const std::string& type, const std::string& members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
  };
  const std::string begun = frame("response.created", R"("sequence_number":0,"response":{"id":"resp_1","model":"m"})") +
                            frame("response.output_text.delta", R"("sequence_number":1,"delta":"Hi")");
  const auto failed = [&](const std::string& message) {
    return frame("response.failed", R"("sequence_number":2,"response":{"id":"resp_1","status":"failed",)"
                                    R"("error":{"code":"context_length_exceeded","message":")" + message + "\"}}");
  };
  RelayFixture told(Dialect::Responses, true);
  CHECK_FALSE(told.take_events({begun, failed("Too long, says 10.0.0.1")}));
  told.relay->break_off({400, "Too long, says 10.0.0.1", "", "", {}});
  CHECK(told.body() == begun + failed("Too long, says ***"));

  RelayFixture cut(Dialect::Responses, true);
  CHECK(cut.take_events({begun}));
  cut.relay->on_end();
  cut.relay->break_off({502, "It broke.", "server_error", "upstream_truncated", {}});
  CHECK(cut.body() ==
        begun + frame("response.failed", R"("sequence_number":2,"response":{"id":"resp_1","model":"m",)"
                                         R"("status":"failed",)"
                                         R"("error":{"code":"server_error","message":"It broke."}})"));
}

// ---- JoinRelay ----

TEST_CASE("chunks are put together for a client that wants one answer") {
  Joining fixture;
  CHECK(fixture.take_events({kRole, kText, ": ping\n\n", kText, kFinish, kUsage}));
  CHECK_FALSE(fixture.client.started());
  CHECK(fixture.relay->on_data(kDone));
  CHECK(fixture.progress().complete);  // whether or not the provider ends the connection
  fixture.relay->on_end();
  CHECK(fixture.failure() == "none");
  CHECK(fixture.progress().complete);
  CHECK(fixture.progress().usage->total() == 8);
  CHECK(fixture.progress().text_bytes == 4);
  CHECK(fixture.settled == 1);
  CHECK(fixture.settled_before_the_end);
  const nlohmann::json answer = nlohmann::json::parse(fixture.body(), nullptr, false);
  REQUIRE(answer.is_object());
  CHECK(answer["object"] == "chat.completion");
  CHECK(answer["choices"][0]["message"]["content"] == "HiHi");
  CHECK(answer["choices"][0]["finish_reason"] == "stop");
  CHECK(answer["usage"]["total_tokens"] == 8);
}

TEST_CASE("chunks that make no whole answer are a failure that the client does not see") {
  struct Row {
    std::string name;
    std::string events;
    std::string failure;
  };
  for (const Row& row : {Row{"error", kText + kOverloaded, "503 overloaded"},
                         Row{"cut", kRole + kText, "stream ended early"},
                         Row{"empty", kRole + kFinish + kDone, "empty answer"},
                         Row{"nothing", "", "stream ended early"},
                         Row{"not JSON", kText + "data: oops\n\n", "unreadable stream"}}) {
    CAPTURE(row.name);
    Joining fixture;
    if (fixture.take_events({row.events})) fixture.relay->on_end();
    CHECK(fixture.failure() == row.failure);
    CHECK_FALSE(fixture.progress().committed);
    CHECK_FALSE(fixture.progress().complete);
    CHECK_FALSE(fixture.client.started());
    CHECK(fixture.settled == 0);
  }
}

TEST_CASE("chunks cut by length, or allowed to be empty, are an answer") {
  for (const bool allowed : {false, true}) {
    CAPTURE(allowed);
    Joining fixture;
    fixture.options.allow_empty = allowed;
    CHECK(fixture.take_events({kRole, allowed ? kFinish : kLength, kDone}));
    fixture.relay->on_end();
    CHECK(fixture.failure() == "none");
    CHECK(fixture.settled == 1);
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
