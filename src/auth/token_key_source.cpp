#include "auth/token_key_source.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

#include "base/text.h"
#include "base/url.h"
#include "config/text_file.h"
#include "http/message.h"
#include "http/waiter.h"

namespace aigw::auth {

// The outcome of a look.
struct TokenKeySource::Found {
  SharedKeys keys;
  Millis fresh_for;
};

namespace {

constexpr std::size_t kSetBytesMax = 1024 * 1024;
constexpr Millis kFetchTimeout{5'000};
constexpr Millis kFileFreshFor{5'000};
constexpr Millis kFreshForMin{5 * 60'000};
constexpr Millis kFreshForMax{24 * 60 * 60'000};
constexpr Millis kFreshForUnsaid{60 * 60'000};
constexpr Millis kQuietAfterFault{10'000};
constexpr Millis kExtraLooksWithin{60'000};
constexpr std::size_t kExtraLooksMax = 2;

Error unavailable(std::string detail) { return {ErrorKind::Unavailable, std::move(detail)}; }

// ---- what is kept for how long --------------------------------------------------------------------

// RFC 9111 §5.2.2. What forbids to keep an answer, or can't be read, is as good as no time at all: the shortest.
std::optional<Millis> max_age_in(std::string_view directive) {
  constexpr std::string_view kMaxAge = "max-age=";
  directive = trim(directive);
  if (iequals(directive, "no-store") || iequals(directive, "no-cache")) return Millis{0};
  if (!iequals(directive.substr(0, kMaxAge.size()), kMaxAge)) return std::nullopt;
  std::string_view number = directive.substr(kMaxAge.size());
  if (number.size() >= 2 && number.front() == '"' && number.back() == '"') number = number.substr(1, number.size() - 2);
  const std::uint64_t seconds_max = static_cast<std::uint64_t>(kFreshForMax.count()) / 1'000;
  const std::uint64_t seconds = std::min(parse_uint(number).value_or(0), seconds_max);
  return Millis{static_cast<Millis::rep>(seconds * 1'000)};
}

// Of several directives the strictest counts. How old the answer already is (`Age`) is ignored.
Millis fresh_for(const http::Headers& headers) {
  std::optional<Millis> said;
  for (const auto& [name, value] : headers) {
    if (!iequals(name, "Cache-Control")) continue;
    for (const std::string_view directive : split(value, ',')) {
      const std::optional<Millis> age = max_age_in(directive);
      if (age) said = said ? std::min(*said, *age) : *age;
    }
  }
  return std::clamp(said.value_or(kFreshForUnsaid), kFreshForMin, kFreshForMax);
}

// ---- fetching -------------------------------------------------------------------------------------

class SetReceiver final : public http::AnswerReceiver {
 public:
  bool on_head(int status, const http::Headers& headers) override {
    if (status != 200) {
      const bool is_redirect = status >= 300 && status < 400;
      fault_ = "the answer has status " + std::to_string(status) +
               (is_redirect ? "; give the address that it leads to" : "");
      return false;
    }
    fresh_for_ = fresh_for(headers);
    return true;
  }
  bool on_data(std::string_view bytes) override {
    if (bytes.size() > kSetBytesMax - body_.size()) {
      fault_ = "the answer is larger than 1 MiB";
      return false;
    }
    body_ += bytes;
    return true;
  }

  const std::string& fault() const { return fault_; }  // why it ended the call; "": it did not
  const std::string& body() const { return body_; }
  Millis fresh_for_said() const { return fresh_for_; }

 private:
  std::string fault_;
  std::string body_;
  Millis fresh_for_{kFreshForUnsaid};
};

Status fetch(const std::string& url, http::Upstream& network, SetReceiver& answer) {
  const Result<UrlWithQuery> address = parse_url_with_query(url);  // Authentik's ends with a slash, and redirects without
  if (!address) return address.error();
  http::UpstreamRequest request;
  request.method = "GET";
  request.url = &address->server;
  request.path = address->target;
  request.headers = {{"Accept", "application/jwk-set+json, application/json"}};  // RFC 7517 §8.5
  request.connect_timeout = kFetchTimeout;
  http::Waiter waiter(-1);
  waiter.set_deadline(steady_now() + kFetchTimeout);
  const Status status = network.call(request, waiter, answer);
  if (!answer.fault().empty()) return unavailable(answer.fault());
  return status;
}

}  // namespace

TokenKeySource::TokenKeySource(config::Jwt rules, http::Upstream& network)
    : rules_(std::move(rules)), network_(network) {
  if (!rules_.jwks_file.empty() || !rules_.jwks_url.empty()) return;
  // What the config holds does not change: one look is enough, whatever it finds.
  settle(look(), SteadyTime::min());
  fresh_until_ = quiet_until_ = SteadyTime::max();
}

TokenKeySource::~TokenKeySource() = default;

Result<std::shared_ptr<const TokenKeys>> TokenKeySource::keys(std::string_view key_id, SteadyTime now) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (looking_ && !knows(key_id)) {
    // As bounded as the look itself. Not until nobody looks: the next look may have begun by then.
    look_ended_.wait(lock, [this, ended = looks_] { return looks_ != ended; });
    return kept();
  }
  if (looking_ || !is_due(key_id, now)) return kept();
  looking_ = true;
  lock.unlock();
  Result<Found> found = look();
  lock.lock();
  settle(std::move(found), now);
  looking_ = false;
  ++looks_;
  look_ended_.notify_all();
  return kept();
}

Result<TokenKeySource::SharedKeys> TokenKeySource::kept() const {
  if (keys_ == nullptr) return unavailable(fault_);
  return keys_;
}

bool TokenKeySource::is_due(std::string_view key_id, SteadyTime now) {
  if (now < quiet_until_) return false;
  if (keys_ == nullptr || now >= fresh_until_) return true;
  if (rules_.jwks_url.empty() || knows(key_id)) return false;
  const auto is_past = [&](SteadyTime look) { return now - look >= kExtraLooksWithin; };
  extra_looks_.erase(std::remove_if(extra_looks_.begin(), extra_looks_.end(), is_past), extra_looks_.end());
  if (extra_looks_.size() == kExtraLooksMax) return false;
  extra_looks_.push_back(now);
  return true;
}

void TokenKeySource::settle(Result<Found> found, SteadyTime now) {
  if (!found) {
    fault_ = found.error().detail;
    quiet_until_ = now + kQuietAfterFault;
    return;
  }
  keys_ = std::move(found->keys);
  fresh_until_ = now + found->fresh_for;
}

Result<TokenKeySource::Found> TokenKeySource::look() const try {
  const auto found = [](std::string_view origin, Result<TokenKeys> keys, Millis fresh_for) -> Result<Found> {
    if (!keys) return unavailable(std::string(origin) + ": " + keys.error().detail);
    return Found{std::make_shared<const TokenKeys>(std::move(*keys)), fresh_for};
  };
  if (!rules_.jwks_url.empty()) {
    SetReceiver answer;
    const Status status = fetch(rules_.jwks_url, network_, answer);
    if (!status) return unavailable("jwks_url: " + status.error().detail);
    return found("jwks_url", TokenKeys::of_jwks(answer.body()), answer.fresh_for_said());
  }
  if (!rules_.jwks_file.empty()) {
    const Result<std::string> text = config::read_text_file(rules_.jwks_file, kSetBytesMax);
    if (!text) return unavailable("jwks_file: " + text.error().detail);
    return found("jwks_file", TokenKeys::of_jwks(*text), kFileFreshFor);
  }
  if (!rules_.secret.empty()) return found("secret", TokenKeys::of_secret(rules_.secret), Millis{0});
  return found("public_key", TokenKeys::of_pem(rules_.public_key), Millis{0});
} catch (const std::exception&) {
  // Whatever it was (no memory): those who wait for the end of this look must not wait for ever.
  return unavailable("the keys for tokens can't be read");
}

}  // namespace aigw::auth
