#include "gateway/mock_answers.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "http/sse.h"
#include "protocol/chunks.h"
#include "protocol/facts.h"

namespace aigw::gateway {
namespace {

using Json = nlohmann::json;

std::string whole(const MockAnswer& answer) {
  std::string all;
  for (const std::string& piece : answer.pieces) all += piece;
  return all;
}

Json json_of(std::string_view path, std::string_view body, std::string_view reply = "") {
  const MockAnswer answer = MockAnswer::to(path, body, "mock-1", reply);
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  return Json::parse(whole(answer), nullptr, false);
}

// What the gateway understands of a stream.
struct Stream {
  std::size_t events = 0;
  std::size_t text_bytes = 0;
  bool done = false;
  bool finished = false;
  bool usage_only = false;
  bool faulty = false;
  std::optional<protocol::TokenCount> usage;

  Stream(Dialect dialect, const MockAnswer& answer) {
    http::SseSplitter splitter(1'000'000);
    for (const std::string& piece : answer.pieces) {
      splitter.feed(piece);
      while (const auto event = splitter.next()) {
        ++events;
        const protocol::EventFacts facts = protocol::read_event(dialect, event->name, event->data);
        faulty = faulty || facts.error || (!facts.parsed && !facts.done) || done;
        text_bytes += facts.text_bytes;
        done = done || facts.done;
        finished = finished || facts.finished;
        usage_only = usage_only || facts.usage_only;
        if (facts.usage) usage = protocol::updated(usage, *facts.usage);
      }
    }
  }
};

constexpr char kHello[] = R"({"model":"demo","messages":[{"role":"user","content":"Hi there"}]})";

}  // namespace

TEST_SUITE("gateway/mock_answers") {

// The other dialects reach it through the conversion.
std::vector<protocol::Endpoint> own_endpoints() {
  std::vector<protocol::Endpoint> own = protocol::endpoints();
  std::erase_if(own, [](const protocol::Endpoint& endpoint) {
    return endpoint.dialect == Dialect::Responses || protocol::is_anthropic(endpoint.dialect);
  });
  return own;
}

TEST_CASE("every endpoint of its own dialects is answered with what the dialect accepts") {
  for (const protocol::Endpoint& endpoint : own_endpoints()) {
    CAPTURE(std::string(endpoint.path));
    const MockAnswer answer = MockAnswer::to(endpoint.path, R"({"model":"demo","input":"x","prompt":"x"})", "mock-1", "");
    CHECK(answer.status == 200);
    REQUIRE(answer.pieces.size() == 1);
    if (endpoint.path == "/audio/speech") {
      CHECK(answer.content_type == "audio/wav");
      continue;
    }
    CHECK(answer.content_type == "application/json");
    std::string body = answer.pieces[0];
    const protocol::AnswerFacts facts = protocol::read_answer(endpoint.dialect, body);
    CHECK(facts.parsed);
    CHECK_FALSE(facts.empty);
    CHECK_FALSE(facts.error);
  }
}

TEST_CASE("streams are whole, of the dialect, and say what they cost") {
  struct Row {
    std::string path;
    Dialect dialect;
  };
  for (const Row& row : {Row{"/chat/completions", Dialect::Chat}, Row{"/completions", Dialect::Completions}}) {
    CAPTURE(row.path);
    const MockAnswer answer = MockAnswer::to(
        row.path, R"({"model":"demo","stream":true,"stream_options":{"include_usage":true}})", "mock-1", "one two three");
    CHECK(answer.content_type == "text/event-stream");
    CHECK(answer.tail_pieces < answer.pieces.size());
    const Stream stream(row.dialect, answer);
    CHECK(stream.events == answer.pieces.size());
    CHECK_FALSE(stream.faulty);
    CHECK(stream.done);
    CHECK(stream.finished);
    CHECK(stream.text_bytes == 13);
    REQUIRE(stream.usage.has_value());
    CHECK(stream.usage->completion == 4);
    CHECK(stream.usage_only);
  }
}

TEST_CASE("without being asked a stream of chunks says nothing about usage") {
  const MockAnswer answer = MockAnswer::to("/chat/completions", R"({"stream":true})", "mock-1", "one two");
  const Stream stream(Dialect::Chat, answer);
  CHECK_FALSE(stream.usage.has_value());
  CHECK(answer.pieces.size() == 1 + 2 + 2);  // role, words, finish and [DONE]
  CHECK(answer.tail_pieces == 2);
}

TEST_CASE("a stream put together says the same as the whole answer") {
  struct Row {
    std::string path;
    Dialect dialect;
    std::string place;
  };
  for (const Row& row : {Row{"/chat/completions", Dialect::Chat, "/choices/0/message/content"},
                         Row{"/completions", Dialect::Completions, "/choices/0/text"}}) {
    CAPTURE(row.path);
    const std::string text = " blanks  at both ends and  between ";
    protocol::ChunkJoiner joiner(row.dialect);
    for (const std::string& piece : MockAnswer::to(row.path, R"({"stream":true})", "mock-1", text).pieces) {
      CHECK(joiner.add("", std::string_view(piece).substr(6)).has_value());
    }
    const Result<std::string> joined = joiner.finish();
    REQUIRE(joined);
    const Json::json_pointer place(row.place);
    CHECK(Json::parse(*joined).at(place) == text);
    CHECK(json_of(row.path, "{}", text).at(place) == text);
  }
}

TEST_CASE("it says who it is and repeats the last words, in every form of request") {
  const std::string greeting = "Hello from mock-1, a mock provider of the gateway.";
  struct Row {
    std::string name;
    std::string body;
    std::string want;
  };
  for (const Row& row : {
           Row{"messages", kHello, greeting + " You said: Hi there"},
           Row{"parts", R"({"messages":[{"content":[{"type":"text","text":"a"},{"type":"image_url"},{"text":"b"}]}]})",
               greeting + " You said: ab"},
           Row{"last message counts", R"({"messages":[{"content":"a"},{"content":"b"}]})", greeting + " You said: b"},
           Row{"no content", R"({"messages":[{"role":"user"}]})", greeting},
           Row{"null content", R"({"messages":[{"content":null}]})", greeting},
           Row{"empty list", R"({"messages":[]})", greeting},
           Row{"numbers", R"({"messages":[1,2]})", greeting},
           Row{"not a list", R"({"messages":7})", greeting},
           Row{"no JSON", "--form", greeting},
           Row{"a list", "[1]", greeting},
           Row{"nothing", "", greeting},
       }) {
    CAPTURE(row.name);
    CHECK(json_of("/chat/completions", row.body).at(Json::json_pointer("/choices/0/message/content")) == row.want);
  }
}

TEST_CASE("the model is the one that was asked for") {
  CHECK(json_of("/chat/completions", kHello)["model"] == "demo");
  CHECK(json_of("/chat/completions", R"({"model":null})")["model"] == "mock");
}

TEST_CASE("a text of several lines and quotes comes back whole") {
  const std::string text = "a \"b\"\n\nc\\ \xff";
  CHECK(json_of("/completions", "{}", text)["choices"][0]["text"] == "a \"b\"\n\nc\\ \xef\xbf\xbd");
}

TEST_CASE("embeddings come one for each input, in the encoding asked for") {
  CHECK(json_of("/embeddings", R"({"input":"a"})")["data"].size() == 1);
  CHECK(json_of("/embeddings", R"({"input":["a","b","c"]})")["data"].size() == 3);
  CHECK(json_of("/embeddings", R"({"input":[1,2,3]})")["data"].size() == 1);
  CHECK(json_of("/embeddings", R"({"input":[[1,2],[3]]})")["data"].size() == 2);
  CHECK(json_of("/embeddings", R"({"input":"a"})")["data"][0]["embedding"] == Json{0.0, 0.5, -1.0, 2.0});
  CHECK(json_of("/embeddings", R"({"input":"a","encoding_format":"base64"})")["data"][0]["embedding"] ==
        "AAAAAAAAAD8AAIC/AAAAQA==");
}

TEST_CASE("fields of another type than expected do no harm") {
  for (const protocol::Endpoint& endpoint : own_endpoints()) {
    CAPTURE(std::string(endpoint.path));
    for (const std::string value : {"null", "7", "true", "\"x\"", "[]", "[null]", "{}"}) {
      CAPTURE(value);
      std::string body = "{\"end\":0";
      for (const char* const field : {"model", "messages", "input", "prompt", "stream_options", "encoding_format", "documents"}) {
        body += ",\"" + std::string(field) + "\":" + value;
      }
      CHECK(MockAnswer::to(endpoint.path, body + "}", "mock-1", "").status == 200);
    }
  }
}

TEST_CASE("a path that is no endpoint is not found") {
  CHECK(MockAnswer::to("/nothing", "{}", "mock-1", "").status == 404);
}

TEST_CASE("a failure is an error in OpenAI's form") {
  struct Row {
    int status;
    std::string type;
  };
  for (const Row& row : {Row{400, "invalid_request_error"}, Row{429, "rate_limit_error"}, Row{503, "server_error"}}) {
    CAPTURE(row.status);
    const MockAnswer answer = MockAnswer::failure("mock-1", row.status);
    CHECK(answer.status == row.status);
    CHECK(whole(answer) == R"({"error":{"message":"The mock provider mock-1 fails as configured.","type":")" + row.type +
                               R"(","param":null,"code":"mock_failure"}})");
  }
}

}  // TEST_SUITE

}  // namespace aigw::gateway
