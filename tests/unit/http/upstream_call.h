// A call to a provider as the gateway makes it, and what came of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/test_socket.h"
#include "http/upstream.h"
#include "http/waiter.h"

namespace aigw::http {

struct Recorder : AnswerReceiver {
  int heads = 0;
  int status = 0;
  Headers headers;
  std::string body;
  std::function<bool()> wants_more = [] { return true; };  // asked after each piece

  bool on_head(int answer_status, const Headers& answer_headers) override {
    ++heads;
    status = answer_status;
    headers = answer_headers;
    return true;
  }
  bool on_data(std::string_view bytes) override {
    body += bytes;
    return wants_more();
  }
};

// Calls on behalf of one client.
struct Caller {
  HttpUpstream upstream;
  SocketPair client = SocketPair::create();
  Waiter waiter{client.ours.get()};
  UpstreamRequest request;

  explicit Caller(const Url& url) {
    request.url = &url;
    request.path = "/v1/chat";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = {"{\"a\":", "1}"};
    waiter.set_deadline(steady_now() + Millis{60'000});  // so that a broken test ends
  }

  Status call(Recorder& recorder) { return upstream.call(request, waiter, recorder); }

  // The whole outcome as one text: `200 body`, or the error's kind and detail.
  std::string outcome() {
    Recorder recorder;
    const Status status = call(recorder);
    if (!status) return kind_name(status.error().kind) + ": " + status.error().detail;
    return std::to_string(recorder.status) + " " + recorder.body;
  }

  static std::string kind_name(ErrorKind kind) {
    switch (kind) {
      case ErrorKind::Refused: return "Refused";
      case ErrorKind::Broken: return "Broken";
      case ErrorKind::Garbled: return "Garbled";
      case ErrorKind::TlsFailed: return "TlsFailed";
      case ErrorKind::TimedOut: return "TimedOut";
      case ErrorKind::ClientGone: return "ClientGone";
      case ErrorKind::Unavailable: return "Unavailable";
      default: return "another kind";
    }
  }
};

}  // namespace aigw::http
