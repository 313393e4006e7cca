// Calls to providers: what is sent, who receives the answer, and the interface behind which the network and the
// built-in mock provider look the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/url.h"
#include "http/message.h"

namespace aigw::http {

class Waiter;

// One call. The views and the URL must outlive it.
struct UpstreamRequest {
  std::string method = "POST";
  const Url* url = nullptr;                // of the server
  std::string path;                        // with query; the whole path on the server
  Headers headers;                         // without Host and framing fields
  std::vector<std::string_view> body;      // sent one after another
  Millis connect_timeout{10'000};
};

// Takes an answer as it comes. Called on the thread that makes the call; must not throw.
// Returning false ends the call, which then fails with ErrorKind::Unavailable; the receiver knows why.
class AnswerReceiver {
 public:
  virtual ~AnswerReceiver() = default;
  virtual bool on_head(int status, const Headers& headers) = 0;
  virtual bool on_data(std::string_view bytes) = 0;
};

class Upstream {
 public:
  virtual ~Upstream() = default;

  // Sends the request and hands the answer to `receiver`, until it has ended well. From any thread.
  // How long each wait may last is the waiter's deadline, which the receiver may move as the answer comes.
  // Errors: Refused, TlsFailed, TimedOut, Broken (also an answer shorter than announced), Garbled (not HTTP),
  // ClientGone.
  virtual Status call(const UpstreamRequest& request, Waiter& waiter, AnswerReceiver& receiver) = 0;
};

// Providers reached over HTTP/1.1, with and without TLS. Keeps connections for the next call.
class HttpUpstream : public Upstream {
 public:
  HttpUpstream();
  ~HttpUpstream() override;

  Status call(const UpstreamRequest& request, Waiter& waiter, AnswerReceiver& receiver) override;

  // Closes kept connections that have been idle for long. To be called now and then.
  void tick(SteadyTime now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigw::http
