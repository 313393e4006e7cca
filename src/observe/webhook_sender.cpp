#include "observe/webhook_sender.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "base/header_time.h"
#include "http/waiter.h"
#include "observe/log.h"
#include "observe/webhook_message.h"

namespace aigw::observe {
namespace {

constexpr std::array<Millis, 3> kRetryPauses = {Millis{1'000}, Millis{10'000}, Millis{45'000}};
constexpr Millis kWebhookRetryAfterMax{120'000};
constexpr Millis kWebhookConnectTimeout{3'000};
constexpr Millis kWebhookTimeout{5'000};
constexpr std::size_t kWebhookAnswerBytesMax = 64 * 1024;

// Of an answer only its head matters; a body that goes on and on ends the call.
class WebhookPost final : public http::AnswerReceiver {
 public:
  bool on_head(int status, const http::Headers& headers) override {
    answer.status = status;
    answer.retry_after = parse_retry_after(headers.get("Retry-After"), wall_now());
    return true;
  }
  bool on_data(std::string_view bytes) override {
    bytes_ += bytes.size();
    return bytes_ <= kWebhookAnswerBytesMax;
  }

  WebhookAnswer answer;

 private:
  std::size_t bytes_ = 0;
};

std::string webhook_failure(int status) {
  const bool is_redirect = status >= 300 && status <= 399;
  return "status " + std::to_string(status) + (is_redirect ? "; give the address that it leads to" : "");
}

}  // namespace

std::optional<Millis> next_try_in(int tries, const WebhookAnswer& answer) {
  if (tries < 1 || tries > static_cast<int>(kRetryPauses.size())) return std::nullopt;
  const int status = answer.status;
  if (status >= 300 && status <= 499 && status != 408 && status != 429) return std::nullopt;
  const Millis pause = kRetryPauses[static_cast<std::size_t>(tries - 1)];
  return std::max(pause, std::min(answer.retry_after.value_or(pause), kWebhookRetryAfterMax));
}

WebhookSender::WebhookSender(std::shared_ptr<http::Upstream> network) : network_(std::move(network)) {}

WebhookSender::~WebhookSender() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  leash_.cut();
  if (thread_.joinable()) thread_.join();
}

void WebhookSender::set_webhooks(const std::vector<config::Webhook>& webhooks) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<SharedReceiver> before = std::exchange(receivers_, {});  // what is not taken over is gone
  for (const config::Webhook& webhook : webhooks) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const SharedReceiver& receiver) {
      return receiver != nullptr && receiver->webhook == webhook;
    });
    if (same != before.end()) {
      receivers_.push_back(std::exchange(*same, nullptr));
    } else {
      receivers_.push_back(std::make_shared<Receiver>());
      receivers_.back()->webhook = webhook;
    }
  }
  if (!receivers_.empty() && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

bool WebhookSender::has_webhooks() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !receivers_.empty();
}

void WebhookSender::send(const Alert& alert) {
  std::vector<std::string> dropping;  // logged without the lock
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const SharedReceiver& receiver : receivers_) {
      if (receiver->webhook.events.count(alert.event) == 0) continue;
      receiver->waiting.push_back(alert);
      if (receiver->waiting.size() <= kWaitingMax) continue;
      receiver->waiting.pop_front();
      if (!std::exchange(receiver->drops, true)) dropping.push_back(config::shown_address(receiver->webhook));
    }
  }
  changed_.notify_one();
  for (const std::string& address : dropping) {
    log(Level::Warning, "Dropped alerts", {{"to", address}, {"waiting", kWaitingMax}});
  }
}

void WebhookSender::run() {
  try {
    deliver_until_stopped();
  } catch (const std::exception& failure) {  // no memory
    log(Level::Error, "Alerts ended", {{"reason", failure.what()}});
  }
}

void WebhookSender::deliver_until_stopped() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const SharedReceiver receiver = next_receiver();
    if (receiver == nullptr) {
      changed_.wait(lock);
      continue;
    }
    if (receiver->next_try > steady_now()) {
      changed_.wait_until(lock, receiver->next_try);
      continue;
    }
    if (!receiver->current) {
      receiver->current = std::move(receiver->waiting.front());
      receiver->waiting.pop_front();
      receiver->tries = 0;
    }
    lock.unlock();
    const WebhookAnswer answer = post(*receiver->current, receiver->webhook);
    lock.lock();
    if (stopping_) return;
    if (answer.reason.empty()) receiver->drops = false;
    lock.unlock();
    conclude(*receiver, answer);
    lock.lock();
  }
}

WebhookSender::SharedReceiver WebhookSender::next_receiver() const {
  SharedReceiver first;
  for (const SharedReceiver& receiver : receivers_) {
    if (!receiver->current && receiver->waiting.empty()) continue;
    if (first == nullptr || receiver->next_try < first->next_try) first = receiver;
  }
  return first;
}

void WebhookSender::conclude(Receiver& receiver, const WebhookAnswer& answer) {
  ++receiver.tries;
  const std::string to = config::shown_address(receiver.webhook);
  const char* const event = to_string(receiver.current->event);
  if (answer.reason.empty()) {
    log(Level::Info, "Sent alert", {{"event", event}, {"to", to}, {"tries", receiver.tries}});
  } else if (const auto pause = next_try_in(receiver.tries, answer)) {
    receiver.next_try = steady_now() + *pause;
    return;
  } else {
    log(Level::Warning, "Alert not sent",
        {{"event", event}, {"to", to}, {"tries", receiver.tries}, {"reason", answer.reason}});
  }
  receiver.current.reset();
  // Whoever has waited longest is next, so that one receiver with much to get does not keep the others waiting.
  receiver.next_try = steady_now();
}

WebhookAnswer WebhookSender::post(const Alert& alert, const config::Webhook& webhook) const try {
  const Result<WebhookMessage> message = webhook_message(alert, webhook);
  if (!message) return {0, std::nullopt, message.error().detail};
  http::UpstreamRequest request;
  request.url = &message->address.server;
  request.path = message->address.target;
  request.headers = message->headers;
  request.body = {message->body};
  request.connect_timeout = kWebhookConnectTimeout;
  http::Waiter waiter(leash_.fd());
  waiter.set_deadline(steady_now() + kWebhookTimeout);
  WebhookPost receiver;
  const Status called = network_->call(request, waiter, receiver);
  WebhookAnswer answer = receiver.answer;
  const bool taken = answer.status >= 200 && answer.status <= 299;
  if (taken) return answer;
  if (answer.status != 0) {
    answer.reason = webhook_failure(answer.status);
  } else {
    answer.reason = !called && !called.error().detail.empty() ? called.error().detail : "no answer in time";
  }
  return answer;
} catch (const std::exception& failure) {  // no memory; the next try may have some
  return {0, std::nullopt, failure.what()};
}

}  // namespace aigw::observe
