#include "observe/span_exporter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http/waiter.h"

namespace aigw::observe {
namespace {

constexpr Millis kLong{60 * 60'000};

// A collector that answers what it is told to, one after another and the last for ever, and can be held.
class Collector : public http::Upstream {
 public:
  struct Answer {
    int status = 200;  // 0: no connection
    http::Headers headers;
    std::string body = "{}";
  };

  Collector() : answers_(1) {}
  explicit Collector(std::vector<Answer> answers) : answers_(std::move(answers)) {}

  Status call(const http::UpstreamRequest& request, http::Waiter& waiter, http::AnswerReceiver& receiver) override {
    Answer answer;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      answer = answers_[std::min(bodies_.size(), answers_.size() - 1)];
      target_ = request.method + " " + request.url->text() + " " + request.path;
      headers_ = request.headers;
      std::string body;
      for (const std::string_view piece : request.body) body += piece;
      bodies_.push_back(std::move(body));
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
    }
    if (hangs_ && waiter.wait(-1, 0) == http::Waiter::Outcome::ClientGone) {
      return Error{ErrorKind::ClientGone, "ended"};
    }
    if (answer.status == 0) return Error{ErrorKind::Refused, "no connection"};
    receiver.on_head(answer.status, answer.headers);
    receiver.on_data(answer.body);
    return Done{};
  }

  void hang() { hangs_ = true; }  // until the caller gives up
  void hold(bool held) {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  std::vector<std::string> wait_for_calls(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return bodies_.size() >= count; });
    return bodies_;
  }
  std::vector<std::string> bodies() { return wait_for_calls(0); }
  const std::string& target() const { return target_; }
  const http::Headers& headers() const { return headers_; }

 private:
  const std::vector<Answer> answers_;
  std::atomic<bool> hangs_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::string target_;
  http::Headers headers_;
  std::vector<std::string> bodies_;
};

SpanSettings settings(std::size_t batch_max, Millis delay = kLong) {
  SpanSettings settings;
  settings.collector = *parse_url("http://collector:4318");
  settings.path = "/v1/traces";
  settings.delay = delay;
  settings.batch_max = batch_max;
  settings.queue_max = 100;
  settings.resource = {{"service.name", "gw"}};
  return settings;
}

SpanExporter::Pace quick() { return {Millis{1}, Millis{2}, kLong}; }

std::shared_ptr<const Story> story(const std::string& id, bool sampled = true) {
  auto story = std::make_shared<Story>();
  story->id = id;
  story->trace = continue_trace("", "");
  story->trace.parent = new_span_id();
  story->trace.flags = sampled ? 1 : 0;
  return story;
}

// The ids of the stories in a body, in their order.
std::string ids_in(const std::string& body) {
  std::string ids;
  const nlohmann::json request = nlohmann::json::parse(body);
  for (const auto& span : request["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
    for (const auto& attribute : span["attributes"]) {
      if (attribute["key"] == "ai_gateway.request_id") ids += attribute["value"]["stringValue"].get<std::string>();
    }
  }
  return ids;
}

}  // namespace

TEST_SUITE("observe/span_exporter") {
  TEST_CASE("a full batch goes out at once, in order") {
    Collector collector;
    SpanSettings own = settings(3);
    own.headers = {{"api-key", Secret("secret")}};
    {
      SpanExporter exporter(own, collector);
      for (const char* id : {"a", "b", "c"}) exporter.offer(story(id));
      CHECK(ids_in(collector.wait_for_calls(1)[0]) == "abc");
      CHECK(collector.target() == "POST http://collector:4318 /v1/traces");
      CHECK(collector.headers().get("Content-Type") == "application/json");
      CHECK(collector.headers().get("api-key") == "secret");
      CHECK_FALSE(collector.headers().has("Content-Encoding"));
      for (const char* id : {"d", "e", "f"}) exporter.offer(story(id));
      CHECK(ids_in(collector.wait_for_calls(2)[1]) == "def");
    }
    CHECK(collector.bodies().size() == 2);
  }

  TEST_CASE("what is no full batch goes out after the delay") {
    Collector collector;
    SpanExporter exporter(settings(100, Millis{1}), collector);
    exporter.offer(story("a"));
    CHECK(ids_in(collector.wait_for_calls(1)[0]) == "a");
  }

  TEST_CASE("traces that are not sampled are left out") {
    Collector collector;
    SpanExporter exporter(settings(1), collector);
    exporter.offer(story("a", false));
    exporter.offer(story("b"));
    CHECK(ids_in(collector.wait_for_calls(1)[0]) == "b");
    CHECK(exporter.dropped() == 0);
  }

  TEST_CASE("the end sends what waits, in batches") {
    Collector collector;
    {
      SpanExporter exporter(settings(50), collector);
      for (int i = 0; i < 20; ++i) exporter.offer(story("x"));
    }
    const auto bodies = collector.bodies();
    REQUIRE(bodies.size() == 1);
    CHECK(ids_in(bodies[0]).size() == 20);
  }

  TEST_CASE("what the queue can't take is dropped, and no offer waits") {
    Collector collector;
    collector.hold(true);
    {
      SpanExporter exporter(settings(10), collector);
      for (int i = 0; i < 10; ++i) exporter.offer(story("a"));
      collector.wait_for_calls(1);  // these are on their way, and wait no more
      for (int i = 0; i < 107; ++i) exporter.offer(story("b"));
      CHECK(exporter.dropped() == 7);
      CHECK(exporter.sent() == 0);
      collector.hold(false);
      const auto bodies = collector.wait_for_calls(11);
      CHECK(ids_in(bodies[10]) == "bbbbbbbbbb");
      exporter.offer(story("c"));
      CHECK(exporter.dropped() == 7);
    }
    CHECK(ids_in(collector.bodies().back()) == "c");
  }

  TEST_CASE("the queue takes no more bytes than it may") {
    auto big = std::make_shared<Story>(*story("b"));
    big->capture = Story::Capture{std::string(SpanExporter::kQueueBytesMax / 8, 'x'), "", 0, 0};
    Collector collector;
    collector.hold(true);
    SpanExporter exporter(settings(1), collector);
    exporter.offer(story("a"));
    collector.wait_for_calls(1);  // it waits no more
    for (int i = 0; i < 11; ++i) exporter.offer(big);
    CHECK(exporter.dropped() == 3);
    collector.hold(false);
    CHECK(ids_in(collector.wait_for_calls(9)[8]) == "b");
    exporter.offer(big);
    CHECK(ids_in(collector.wait_for_calls(10)[9]) == "b");
    CHECK(exporter.dropped() == 3);
  }

  TEST_CASE("what may succeed later is sent again as it was") {
    for (const int status : {0, 429, 502, 503, 504}) {
      CAPTURE(status);
      Collector collector({{status, {}, ""}, {status, {{"Retry-After", "0"}}, ""}, {}});
      SpanExporter exporter(settings(1), collector, quick());
      exporter.offer(story("a"));
      const auto bodies = collector.wait_for_calls(3);
      CHECK(bodies[1] == bodies[0]);
      CHECK(bodies[2] == bodies[0]);
      exporter.offer(story("b"));
      CHECK(ids_in(collector.wait_for_calls(4)[3]) == "b");
      CHECK(exporter.sent() >= 1);
      CHECK(exporter.dropped() == 0);
    }
  }

  TEST_CASE("what is refused is dropped") {
    for (const int status : {301, 400, 401, 404, 408, 413, 500}) {
      CAPTURE(status);
      Collector collector({{status, {}, ""}, {}});
      SpanExporter exporter(settings(1), collector, quick());
      exporter.offer(story("a"));
      collector.wait_for_calls(1);
      exporter.offer(story("b"));
      CHECK(ids_in(collector.wait_for_calls(2)[1]) == "b");
      CHECK(exporter.dropped() == 1);
    }
  }

  TEST_CASE("a batch is given up after six tries") {
    Collector collector({{0, {}, ""}});
    SpanExporter exporter(settings(1), collector, quick());
    exporter.offer(story("a"));
    collector.wait_for_calls(6);
    exporter.offer(story("b"));
    const auto bodies = collector.wait_for_calls(7);
    CHECK(ids_in(bodies[5]) == "a");
    CHECK(ids_in(bodies[6]) == "b");
    CHECK(exporter.dropped() >= 1);
  }

  TEST_CASE("spans that a collector takes in part are not sent again") {
    Collector collector({{200, {}, R"({"partialSuccess": {"rejectedSpans": "2", "errorMessage": "too old"}})"},
                         {200, {}, "no JSON"}, {200, {}, R"({"partialSuccess": {"rejectedSpans": 0}})"},
                         {200, {}, R"({"partialSuccess": {"rejectedSpans": )" + std::string(65'000, '[')},
                         {200, {}, R"({"partialSuccess": {"rejectedSpans": )" + std::string(30'000, '[') +
                                       std::string(30'000, ']') + "}}"}});
    SpanExporter exporter(settings(1), collector, quick());
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      exporter.offer(story(id));
      CHECK(ids_in(collector.wait_for_calls(static_cast<std::size_t>(id[0] - 'a') + 1).back()) == std::string(id));
    }
  }

  TEST_CASE("a collector that does not answer holds up the end no longer than a flush") {
    Collector collector;
    collector.hang();
    {
      SpanExporter exporter(settings(1), collector, {Millis{1}, Millis{1}, Millis{10}});
      exporter.offer(story("a"));
      collector.wait_for_calls(1);
      for (int i = 0; i < 5; ++i) exporter.offer(story("b"));
    }
    CHECK(collector.bodies().size() >= 1);
  }

  TEST_CASE("the end does not wait for the time of the next try") {
    for (int round = 0; round < 100; ++round) {  // the end may come before the wait has begun, or within it
      Collector collector({{503, {{"Retry-After", "500"}}, ""}, {}});
      {
        SpanExporter exporter(settings(1), collector, {kLong, kLong, kLong});
        exporter.offer(story("a"));
        collector.wait_for_calls(1);
        for (int i = 0; i < round; ++i) std::this_thread::yield();
      }
      CHECK(ids_in(collector.bodies().back()) == "a");
    }
  }

  TEST_CASE("bodies are packed where that is asked for") {
    Collector collector;
    SpanSettings own = settings(1);
    own.gzip = true;
    SpanExporter exporter(own, collector);
    exporter.offer(story("a"));
    CHECK(collector.wait_for_calls(1)[0].substr(0, 2) == "\x1f\x8b");
    CHECK(collector.headers().get("Content-Encoding") == "gzip");
  }

  TEST_CASE("of what many threads offer all is sent or counted as dropped") {
    Collector collector;
    constexpr std::size_t kEach = 2'000;
    std::uint64_t dropped = 0;
    {
      SpanExporter exporter(settings(16, Millis{1}), collector);
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&exporter] {
          for (std::size_t n = 0; n < kEach; ++n) exporter.offer(story("x"));
        });
      }
      for (std::thread& thread : threads) thread.join();
      dropped = exporter.dropped();
    }
    std::size_t sent = 0;
    for (const std::string& body : collector.bodies()) sent += ids_in(body).size();
    CHECK(sent + dropped == 4 * kEach);
  }
}

}  // namespace aigw::observe
