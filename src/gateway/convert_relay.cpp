#include "gateway/convert_relay.h"

#include <utility>

namespace aigw::gateway {
namespace {

// What a client's dialect makes us repeat at the end, and a whole answer, have to end somewhere.
constexpr std::size_t kBytesMax = 256 * 1024 * 1024;

}  // namespace

ConvertRelay::ConvertRelay(http::ClientStream& client, RelayOptions options, bool streams)
    : Relay(client, std::move(options)),
      streams_(streams),
      answer_(options_.dialect, options_.client_streams, options_.provider_dialect, options_.rules),
      splitter_(http::kEventBytesMax) {}

bool ConvertRelay::on_data(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > kBytesMax) return fail(too_large("an answer of more than 256 MiB"));
  if (!streams_) {
    note_content();
    body_ += bytes;
    return true;
  }
  splitter_.feed(bytes);
  while (const auto event = splitter_.next()) {
    if (!take(*event)) return false;
  }
  return true;
}

bool ConvertRelay::take(const http::SseEvent& event) {
  if (event.kind == http::SseEvent::Kind::Comment || progress_.complete) return !client_.client_gone();
  if (event.kind == http::SseEvent::Kind::Fragment) return fail(too_large("an event of more than 32 MiB"));
  progress_.last_event_at = steady_now();
  answer_.take_event(event.name, event.data);
  return go_on();
}

void ConvertRelay::on_end() {
  if (progress_.complete) return;
  if (!streams_) {
    answer_.take_answer(body_);
  } else {
    if (const auto event = splitter_.finish(); event && !take(*event)) return;
    if (progress_.complete) return;
    answer_.end_stream();
  }
  if (!go_on() || progress_.complete) return;
  fail(Failure{0, ErrorKind::Broken, "answer ended early", "the provider's answer has no end"});
}

bool ConvertRelay::go_on() {
  progress_.text_bytes = answer_.text_bytes();
  if (const auto& usage = answer_.usage()) {
    progress_.usage = protocol::TokenCount{usage->prompt, usage->output, usage->cache_read, usage->cache_write};
  }
  if (answer_.failure()) return fail(*answer_.failure());
  if (answer_.has_content()) note_content();
  if (streams_ && answer_.finished()) progress_.finished_at = progress_.last_event_at;
  if (answer_.ended()) return finish();
  if (options_.client_streams && (answer_.has_content() || progress_.committed)) send_frames();
  return !client_.client_gone();
}

void ConvertRelay::send_frames() {
  commit();
  if (!client_.started()) client_.start(200, event_stream_headers(options_.headers));
  client_.write(answer_.take_frames());
}

bool ConvertRelay::finish() {
  const bool is_answer = answer_.has_content() || answer_.may_be_empty() || options_.allow_empty;
  if (!is_answer) return fail({0, ErrorKind::Garbled, "empty answer", ""});
  commit();
  complete_and_settle();
  if (!options_.client_streams) {
    client_.reply({200, json_headers(options_.headers), answer_.body()});
    return true;
  }
  send_frames();
  client_.finish();
  return true;
}

void ConvertRelay::break_off(const protocol::ProviderError& error) {
  if (!options_.client_streams) return client_.cut();
  client_.write(answer_.error_frames(error));
  client_.finish();
}

}  // namespace aigw::gateway
