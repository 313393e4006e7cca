#include "gateway/whole_relays.h"

#include "protocol/answer_model.h"
#include "protocol/codec.h"

namespace aigw::gateway {
namespace {

// More than any JSON answer has (a few generated images), and less than what hurts.
constexpr std::size_t kAnswerBytesMax = 128 * 1024 * 1024;

}  // namespace

WholeRelay::WholeRelay(http::ClientStream& client, RelayOptions options, int status)
    : Relay(client, std::move(options)), status_(status) {}

bool WholeRelay::on_data(std::string_view bytes) {
  if (body_.size() + bytes.size() > kAnswerBytesMax) {
    return fail({0, ErrorKind::Garbled, "answer too large", "a JSON answer of more than 128 MiB"});
  }
  note_content();
  body_ += bytes;
  return true;
}

void WholeRelay::on_end() {
  const protocol::AnswerFacts facts = protocol::read_answer(options_.dialect, body_);
  if (facts.error) {
    fail(*facts.error);
    return;
  }
  if (!facts.parsed) {
    fail(Failure{0, ErrorKind::Garbled, "unreadable answer", "the body is not JSON"});
    return;
  }
  if (facts.empty && !options_.allow_empty) {
    fail(Failure{0, ErrorKind::Garbled, "empty answer", ""});
    return;
  }
  progress_.usage = facts.usage;
  progress_.text_bytes = facts.text_bytes;
  if (!options_.model.empty()) protocol::rename_model(body_, options_.model);
  // A plain endpoint's answer has no form as a stream: its provider did not stream although it was asked to.
  if (options_.client_streams && protocol::generates_text(options_.dialect)) return send_as_stream();
  if (!convert()) return;
  commit();
  complete_and_settle();
  client_.reply({status_, options_.headers, std::move(body_)});
}

bool WholeRelay::convert() {
  if (!options_.convert) return true;
  Result<std::string> answer = options_.convert(std::move(body_));
  if (!answer) return fail(Failure{0, answer.error().kind, "unreadable answer", answer.error().detail});
  body_ = std::move(*answer);
  return true;
}

void WholeRelay::send_as_stream() {
  const Result<std::string> frames =
      protocol::codec_of(options_.dialect).split(body_, options_.client_wants_usage);
  if (!frames) {
    fail(Failure{0, frames.error().kind, "unreadable answer", frames.error().detail});
    return;
  }
  commit();
  complete_and_settle();
  if (!client_.started()) client_.start(200, event_stream_headers(options_.headers));
  client_.write(*frames);
  client_.finish();
}

RawRelay::RawRelay(http::ClientStream& client, RelayOptions options, int status)
    : Relay(client, std::move(options)), status_(status) {}

bool RawRelay::on_data(std::string_view bytes) {
  if (!progress_.committed) {
    note_content();
    commit();
    if (!client_.started()) client_.start(status_, options_.headers);
  }
  return client_.write(bytes);
}

void RawRelay::on_end() {
  const bool without_body = !progress_.committed;
  commit();
  complete_and_settle();
  if (without_body && !client_.started()) return client_.reply({status_, options_.headers, ""});
  client_.finish();
}

}  // namespace aigw::gateway
