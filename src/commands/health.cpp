#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "base/url.h"
#include "commands/commands.h"
#include "config/environment.h"
#include "http/upstream.h"
#include "http/waiter.h"

namespace aigw::commands {
namespace {

class StatusOnly : public http::AnswerReceiver {
 public:
  bool on_head(int status, const http::Headers&) override {
    status_ = status;
    return true;
  }
  bool on_data(std::string_view bytes) override {
    body_ += bytes.substr(0, 4096 - std::min<std::size_t>(4096, body_.size()));
    return true;
  }
  int status() const { return status_; }
  const std::string& body() const { return body_; }

 private:
  int status_ = 0;
  std::string body_;
};

// The address of the gateway that the same arguments would start.
std::string own_url(const std::string& config_path, const config::Overrides& overrides) {
  const config::Loaded loaded = config::load_file(config_path, config::process_environment(), overrides);
  const config::Global global = loaded.config ? loaded.config->global : config::Global();
  const std::string host = overrides.host.value_or(global.host);
  const bool any_address = host.empty() || host == "0.0.0.0" || host == "::";
  const std::string name = any_address ? "127.0.0.1" : contains(host, ":") ? "[" + host + "]" : host;
  return "http://" + name + ":" + std::to_string(overrides.port.value_or(global.port));
}

}  // namespace

int health(const std::string& address, const std::string& config_path, const config::Overrides& overrides) {
  constexpr Millis kTimeout{3'000};
  const std::string text = address.empty() ? own_url(config_path, overrides) : address;
  const Result<Url> url = parse_url(text);
  if (!url) {
    std::fprintf(stderr, "%s\n", url.error().detail.c_str());
    return 1;
  }
  http::HttpUpstream upstream;
  http::Waiter waiter(-1);
  waiter.set_deadline(steady_now() + kTimeout);
  StatusOnly answer;
  const std::string path = url->path.empty() ? "/health" : url->path;
  const Status status = upstream.call({"GET", &*url, path, {}, {}, kTimeout}, waiter, answer);
  if (!status) {
    std::fprintf(stderr, "%s: %s\n", text.c_str(), status.error().detail.c_str());
    return 1;
  }
  std::printf("%s", answer.body().c_str());
  return answer.status() == 200 ? 0 : 1;
}

}  // namespace aigw::commands
