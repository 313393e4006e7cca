// Posts alerts to webhooks, on a thread of its own, so that nobody waits for a receiver.
//
// Each receiver has a bounded queue, of which the oldest alert is dropped when it is full, and gets its alerts one
// after another. One that can't be delivered is tried again (next_try_in()), then given up with a log line. A receiver
// that is silent keeps the others waiting for five seconds a try. The log shows a receiver's scheme and host alone.
// What is waiting at the end of the process is lost.
//
// Threads: any. The sending thread starts with the first webhook; the destructor ends a call under way and joins it
// (only the name server can hold it up).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "config/webhook.h"
#include "http/leash.h"
#include "http/upstream.h"
#include "observe/alert.h"

namespace aigw::observe {

// What a receiver has said to a try.
struct WebhookAnswer {
  int status = 0;                      // 0: none
  std::optional<Millis> retry_after;   // what it asks for
  std::string reason;                  // why it failed, for the log; empty: it has not
};

// The pause after a try that failed, the `tries`-th of its alert: 1 s, 10 s, 45 s; longer if the receiver asks for it,
// up to two minutes. Nothing: it is given up, after four tries, or when trying again would not help (a 3xx, or a 4xx
// but 408 and 429).
std::optional<Millis> next_try_in(int tries, const WebhookAnswer& answer);

class WebhookSender {
 public:
  static constexpr std::size_t kWaitingMax = 100;  // of one receiver

  // Throws std::system_error if there are no descriptors left.
  explicit WebhookSender(std::shared_ptr<http::Upstream> network);
  ~WebhookSender();
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  // Who gets the alerts from now on. Those that stay as they are keep their queues, those that are gone lose them.
  void set_webhooks(const std::vector<config::Webhook>& webhooks);
  bool has_webhooks() const;

  // Hands an alert to all who want its event. Never blocks.
  void send(const Alert& alert);

 private:
  struct Receiver {
    config::Webhook webhook;        // does not change
    std::deque<Alert> waiting;
    bool drops = false;             // since the last delivery; told once
    // Of the sending thread:
    std::optional<Alert> current;   // being delivered
    int tries = 0;                  // of `current`
    SteadyTime next_try = SteadyTime::min();
  };
  using SharedReceiver = std::shared_ptr<Receiver>;

  void run();
  void deliver_until_stopped();
  // The one that is due first; null: nobody has anything to get. With mutex_ held.
  SharedReceiver next_receiver() const;
  // What follows from the answer to a try. Without mutex_, as it logs.
  static void conclude(Receiver& receiver, const WebhookAnswer& answer);
  WebhookAnswer post(const Alert& alert, const config::Webhook& webhook) const;

  const std::shared_ptr<http::Upstream> network_;
  http::Leash leash_;  // of the call under way

  mutable std::mutex mutex_;  // guards what follows; not held while posting
  std::condition_variable changed_;
  std::vector<SharedReceiver> receivers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace aigw::observe
