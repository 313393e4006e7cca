#include "observe/webhook_sender.h"

#include <algorithm>
#include <condition_variable>
#include <doctest/doctest.h>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "http/waiter.h"

namespace aigw::observe {
namespace {

using std::chrono::seconds;

// Takes posts, or holds them until it is told or the sender ends.
class Receivers : public http::Upstream {
 public:
  Status call(const http::UpstreamRequest& request, http::Waiter& waiter, http::AnswerReceiver& receiver) override {
    std::unique_lock<std::mutex> lock(mutex_);
    posts_.push_back(request.url->host + " " + std::string(request.body.at(0)));
    changed_.notify_all();
    if (hangs_) {
      lock.unlock();
      const bool ended = waiter.wait(-1, 0) == http::Waiter::Outcome::ClientGone;
      lock.lock();
      ended_ = ended;
      return Error{ErrorKind::ClientGone, "the client hung up"};
    }
    changed_.wait(lock, [this] { return !held_; });
    return receiver.on_head(200, {}) ? Status(Done{}) : Error{ErrorKind::Unavailable, ""};
  }

  void hang() { hangs_ = true; }
  bool ended() const { return ended_; }  // a call that hung, by the sender
  void hold(bool held) {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  std::vector<std::string> posts(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return posts_.size() >= count; });
    return posts_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> posts_;
  bool held_ = false;
  bool hangs_ = false;
  bool ended_ = false;
};

config::Webhook webhook(const std::string& host, std::set<config::AlertEvent> events) {
  config::Webhook webhook;
  webhook.url = Secret("http://" + host);
  webhook.events = std::move(events);
  return webhook;
}

Alert alert_of(const std::string& name) { return provider_up({"provider", name, "m"}, WallTime()); }

bool tells_of(const std::string& post, const std::string& host, const std::string& name) {
  return post.substr(0, host.size() + 1) == host + " " && post.find("Provider " + name + " of m") != std::string::npos;
}

}  // namespace

TEST_SUITE("observe/webhook_sender") {

TEST_CASE("what may pass is tried four times, further and further apart") {
  for (const int status : {0, 100, 408, 429, 500, 503, 599}) {
    CAPTURE(status);
    CHECK(next_try_in(1, {status, {}, "x"}) == seconds(1));
    CHECK(next_try_in(2, {status, {}, "x"}) == seconds(10));
    CHECK(next_try_in(3, {status, {}, "x"}) == seconds(45));
    CHECK_FALSE(next_try_in(4, {status, {}, "x"}));
  }
}

TEST_CASE("what will not pass is not tried again") {
  for (const int status : {301, 308, 400, 401, 403, 404, 410, 422}) {
    CAPTURE(status);
    CHECK_FALSE(next_try_in(1, {status, seconds(1), "x"}));
  }
}

TEST_CASE("a receiver may ask for a longer pause, up to two minutes") {
  CHECK(next_try_in(1, {429, seconds(7), "x"}) == seconds(7));
  CHECK(next_try_in(2, {429, seconds(7), "x"}) == seconds(10));
  CHECK(next_try_in(1, {503, seconds(86'400), "x"}) == seconds(120));
  CHECK(next_try_in(1, {429, seconds(0), "x"}) == seconds(1));
}

TEST_CASE("an alert goes to those who want its event") {
  const auto network = std::make_shared<Receivers>();
  WebhookSender sender(network);
  CHECK_FALSE(sender.has_webhooks());
  sender.send(alert_of("lost"));
  sender.set_webhooks(
      {webhook("ups", {config::AlertEvent::ProviderUp}), webhook("disks", {config::AlertEvent::DiskFull})});
  CHECK(sender.has_webhooks());
  sender.send(alert_of("a"));
  sender.send(disk_full(WallTime()));
  std::vector<std::string> posts = network->posts(2);
  std::sort(posts.begin(), posts.end());
  REQUIRE(posts.size() == 2);
  CHECK(posts[0].find("disks ") == 0);
  CHECK(tells_of(posts[1], "ups", "a"));
}

TEST_CASE("a queue that is full loses its oldest alert, and the others keep their order") {
  const auto network = std::make_shared<Receivers>();
  WebhookSender sender(network);
  network->hold(true);
  sender.set_webhooks({webhook("slow", {config::AlertEvent::ProviderUp})});
  sender.send(alert_of("current"));
  network->posts(1);
  constexpr std::size_t kMost = WebhookSender::kWaitingMax;
  for (std::size_t i = 0; i < kMost + 3; ++i) sender.send(alert_of("p" + std::to_string(i)));
  network->hold(false);
  const std::vector<std::string> posts = network->posts(1 + kMost);
  for (std::size_t i = 0; i < kMost; ++i) {
    CAPTURE(i);
    CHECK(tells_of(posts[1 + i], "slow", "p" + std::to_string(i + 3)));
  }
}

TEST_CASE("a receiver that is taken away gets nothing more, one that stays keeps its queue") {
  const auto network = std::make_shared<Receivers>();
  WebhookSender sender(network);
  network->hold(true);
  const config::Webhook gone = webhook("gone", {config::AlertEvent::ProviderUp});
  const config::Webhook stays = webhook("stays", {config::AlertEvent::ProviderUp});
  sender.set_webhooks({gone, stays});
  sender.send(alert_of("a"));
  sender.send(alert_of("b"));
  network->posts(1);  // to one of both
  sender.set_webhooks({stays, webhook("new", {config::AlertEvent::ProviderUp})});
  sender.send(alert_of("c"));
  network->hold(false);
  const auto count = [](const std::vector<std::string>& posts, const std::string& host) {
    return std::count_if(posts.begin(), posts.end(), [&](const auto& post) { return post.find(host + " ") == 0; });
  };
  const bool gone_was_first = count(network->posts(1), "gone") == 1;
  const std::vector<std::string> posts = network->posts(gone_was_first ? 5 : 4);
  CHECK(count(posts, "gone") == (gone_was_first ? 1 : 0));
  CHECK(count(posts, "stays") == 3);
  CHECK(count(posts, "new") == 1);
}

TEST_CASE("the end of the sender ends a call under way") {
  const auto network = std::make_shared<Receivers>();
  network->hang();
  {
    WebhookSender sender(network);
    sender.set_webhooks({webhook("silent", {config::AlertEvent::ProviderUp})});
    sender.send(alert_of("a"));
    network->posts(1);
  }
  CHECK(network->ended());
}

}  // TEST_SUITE

}  // namespace aigw::observe
