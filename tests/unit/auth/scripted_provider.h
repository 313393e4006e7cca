// An identity provider that says what it is told to, and can be held.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "auth/token_signer.h"
#include "config/key.h"
#include "http/upstream.h"
#include "http/waiter.h"

namespace aigw::auth {

inline std::string set_with(const std::string& key_id) { return set_of(ec_key().jwk(R"(,"kid":")" + key_id + "\"")); }

class ScriptedProvider : public http::Upstream {
 public:
  int status = 200;
  http::Headers headers;
  std::string body = set_with("one");
  std::optional<Error> failure;

  Status call(const http::UpstreamRequest& request, http::Waiter& waiter, http::AnswerReceiver& receiver) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++calls_;
    asked_ = request.method + ' ' + request.url->text() + ' ' + request.path;
    deadline_ = waiter.deadline();
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (failure) return *failure;
    // The text in two pieces, as a network may bring it.
    const std::size_t half = body.size() / 2;
    const bool wanted = receiver.on_head(status, headers) && receiver.on_data(std::string_view(body).substr(0, half)) &&
                        receiver.on_data(std::string_view(body).substr(half));
    if (!wanted) return Error{ErrorKind::Unavailable, "the receiver ended the call"};
    return Done{};
  }

  void hold(bool held) {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void wait_for_call(int number) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return calls_ >= number; });
  }
  int calls() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_;
  }
  const std::string& asked() const { return asked_; }
  SteadyTime deadline() const { return deadline_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int calls_ = 0;
  std::string asked_;
  SteadyTime deadline_;
};

inline config::Jwt rules_of_url(const std::string& url = "https://id.example.com/keys") {
  config::Jwt rules;
  rules.jwks_url = url;
  return rules;
}

}  // namespace aigw::auth
