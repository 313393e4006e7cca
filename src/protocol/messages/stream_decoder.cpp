#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/messages/answer_reader.h"
#include "protocol/messages/events.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {
namespace {

using canonical::EventSink;

// One that the provider's stream shows, without the provider's own words (§14.4).
ProviderError broken_stream(std::string message) {
  return {502, std::move(message), "server_error", "upstream_truncated"};
}

class MessageStreamDecoder : public StreamDecoder {
 public:
  void take(std::string_view name, std::string_view data, EventSink& sink) override;
  void finish(EventSink& sink) override;

 private:
  void read(std::string_view type, const Json& event, EventSink& sink);
  void begin(const Json& message, EventSink& sink);
  void end();
  void fail(const ProviderError& error, EventSink& sink);

  AnswerReader reader_;
  bool ended_ = false;
};

void MessageStreamDecoder::take(std::string_view name, std::string_view data, EventSink& sink) {
  data = trim(data);
  if (ended_ || data == "[DONE]") return;
  const Result<Json> event = parse_object(data);
  if (!event) return fail(broken_stream("The provider sent an event that is not JSON."), sink);
  const std::string_view type = event_type(name, *event);
  if (is_error(type, *event)) return fail(read_error(0, data), sink);
  reader_.write_to(sink);
  read(type, *event, sink);
}

void MessageStreamDecoder::read(std::string_view type, const Json& event, EventSink& sink) {
  if (type == "content_block_delta") {
    reader_.add(index_of(event), members_of(event, "delta"));
  } else if (type == "content_block_start") {
    reader_.open(index_of(event), members_of(event, "content_block"));
  } else if (type == "content_block_stop") {
    reader_.close(index_of(event));
  } else if (type == "message_start") {
    begin(members_of(event, "message"), sink);
  } else if (type == "message_delta") {
    reader_.note_ending(members_of(event, "delta"));
    reader_.note_usage(members_of(event, "usage"));
  } else if (type == "message_stop" && reader_.begun()) {
    end();
  }
}

void MessageStreamDecoder::begin(const Json& message, EventSink& sink) {
  if (!reader_.begun()) return reader_.begin(message);
  if (text_of(message, "id") == reader_.id()) return;
  fail(broken_stream("The provider began a second message inside the first one."), sink);
}

void MessageStreamDecoder::end() {
  ended_ = true;
  reader_.end();
}

void MessageStreamDecoder::fail(const ProviderError& error, EventSink& sink) {
  ended_ = true;
  sink.take({canonical::Failed{&error}});
}

void MessageStreamDecoder::finish(EventSink& sink) {
  if (ended_) return;
  reader_.write_to(sink);
  if (reader_.begun() && reader_.has_stop_reason()) return end();
  fail(broken_stream("The provider's stream ended before the answer did."), sink);
}

}  // namespace

std::unique_ptr<StreamDecoder> stream_decoder() { return std::make_unique<MessageStreamDecoder>(); }

}  // namespace aigw::protocol::messages
