#include "commands/running_gateway.h"

#include <algorithm>

#include "base/text.h"
#include "base/url.h"
#include "http/upstream.h"
#include "http/waiter.h"

namespace aigw::commands {
namespace {

constexpr Millis kTimeout{3'000};

class Receiver : public http::AnswerReceiver {
 public:
  explicit Receiver(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool on_head(int status, const http::Headers&) override {
    answer_.status = status;
    return true;
  }
  bool on_data(std::string_view bytes) override {
    answer_.body += bytes.substr(0, bytes_max_ - std::min(bytes_max_, answer_.body.size()));
    return true;
  }
  GatewayAnswer& answer() { return answer_; }

 private:
  const std::size_t bytes_max_;
  GatewayAnswer answer_;
};

}  // namespace

std::string own_url(const config::Config* config, const config::Overrides& overrides) {
  const config::Global global = config != nullptr ? config->global : config::Global();
  const std::string host = overrides.host.value_or(global.host);
  const bool any_address = host.empty() || host == "0.0.0.0" || host == "::";
  const std::string name = any_address ? "127.0.0.1" : contains(host, ":") ? "[" + host + "]" : host;
  return "http://" + name + ":" + std::to_string(overrides.port.value_or(global.port));
}

Result<GatewayAnswer> ask_gateway(const std::string& text, const std::string& path, http::Headers headers,
                                  std::size_t bytes_max) {
  const Result<Url> url = parse_url(text);
  if (!url) return url.error();
  http::HttpUpstream upstream;
  http::Waiter waiter(-1);
  waiter.set_deadline(steady_now() + kTimeout);
  Receiver receiver(bytes_max);
  const std::string target = url->path.empty() ? path : url->path;
  const Status status = upstream.call({"GET", &*url, target, std::move(headers), {}, kTimeout}, waiter, receiver);
  if (!status) return Error{status.error().kind, text + ": " + status.error().detail};
  return std::move(receiver.answer());
}

}  // namespace aigw::commands
