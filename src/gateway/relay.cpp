#include "gateway/relay.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/convert_relay.h"
#include "gateway/event_relays.h"
#include "gateway/whole_relays.h"
#include "protocol/limit_headers.h"

namespace aigw::gateway {
namespace {

bool is_json(std::string_view type) {
  return type == "application/json" || (type.size() > 5 && type.substr(type.size() - 5) == "+json");
}

// Codes and types come from outside: only what looks like an identifier is repeated.
bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Failure too_large(const char* what) { return {0, ErrorKind::Garbled, "answer too large", what}; }

void Relay::break_off(const protocol::ProviderError&) { client_.cut(); }

bool Relay::fail(Failure failure) {
  progress_.failure = std::move(failure);
  return false;
}

bool Relay::fail(const protocol::ProviderError& error) {
  return fail(Failure{error.status, ErrorKind::Garbled, reason_of(error.status, error), "", error});
}

void Relay::note_content() {
  if (!progress_.first_content_at) progress_.first_content_at = steady_now();
}

void Relay::complete_and_settle() {
  progress_.complete = true;
  if (options_.settle) options_.settle(progress_);
}

std::unique_ptr<Relay> make_relay(http::ClientStream& client, RelayOptions options, int status,
                                  const http::Headers& headers) {
  const std::string type = http::media_type(headers.get("Content-Type"));
  const bool streams = http::is_event_stream(type);
  for (const auto& [name, value] : forwarded_headers(options.dialect, headers, options.expose_limits)) {
    options.headers.add(name, value);
  }
  if (options.provider_dialect != options.dialect && protocol::generates_text(options.dialect)) {
    return std::make_unique<ConvertRelay>(client, std::move(options), streams);
  }
  if (streams) {
    if (options.client_streams) return std::make_unique<StreamRelay>(client, std::move(options));
    if (protocol::generates_text(options.dialect)) return std::make_unique<JoinRelay>(client, std::move(options));
  }
  // Where the dialect is known the answer must be JSON, whatever it is called.
  if (is_json(type) || options.dialect != Dialect::Plain) {
    return std::make_unique<WholeRelay>(client, std::move(options), status);
  }
  return std::make_unique<RawRelay>(client, std::move(options), status);
}

http::Headers forwarded_headers(Dialect client, const http::Headers& headers, bool expose_limits) {
  http::Headers result;
  for (const char* const name : {"Content-Type", "Content-Disposition"}) {
    if (headers.has(name)) result.add(name, std::string(headers.get(name)));
  }
  const protocol::HeaderFields fields(headers.begin(), headers.end());
  for (auto& [name, value] : protocol::client_headers(client, fields, expose_limits, wall_now())) {
    result.add(std::move(name), std::move(value));
  }
  return result;
}

http::Headers event_stream_headers(http::Headers headers) {
  headers.set("Content-Type", "text/event-stream; charset=utf-8");
  headers.set("Cache-Control", "no-cache");
  headers.set("X-Accel-Buffering", "no");
  return headers;
}

http::Headers json_headers(http::Headers headers) {
  headers.set("Content-Type", "application/json");
  return headers;
}

std::string reason_of(int status, const protocol::ProviderError& error) {
  std::string reason = std::to_string(status);
  for (const std::string& word : {error.code, error.type}) {
    if (is_plain_word(word) && word != reason) return reason + " " + word;
  }
  const std::string_view phrase = http::reason_phrase(status);
  return phrase.empty() ? reason : reason + " " + std::string(phrase);
}

}  // namespace aigw::gateway
