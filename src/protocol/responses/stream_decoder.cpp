#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/responses/events.h"
#include "protocol/responses/output_reader.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol::responses {
namespace {

using canonical::EventSink;

// One that the provider's stream shows, without the provider's own words (§14.4).
ProviderError broken(std::string message) { return {502, std::move(message), "server_error", "upstream_truncated"}; }

class ResponseStreamDecoder : public StreamDecoder {
 public:
  void take(std::string_view name, std::string_view data, EventSink& sink) override;
  void finish(EventSink& sink) override;

 private:
  void fail(const ProviderError& error, EventSink& sink);

  OutputReader reader_;
  bool ended_ = false;
};

void ResponseStreamDecoder::take(std::string_view name, std::string_view data, EventSink& sink) {
  data = trim(data);
  if (ended_ || data == "[DONE]") return;
  const Result<Json> event = parse_object(data);
  if (!event) return fail(broken("The provider sent an event that is not JSON."), sink);
  const std::string_view type = event_type(name, *event);
  if (is_failure(type, *event)) return fail(read_error(0, data), sink);
  reader_.write_to(sink);
  const Json& response = members_of(*event, "response");
  const bool begins = starts_with(type, "response.");
  if (begins && !reader_.begun()) reader_.begin(response);
  if (is_last(type)) {
    ended_ = true;
    return reader_.end(response);
  }
  reader_.take(type, *event);
  if (!reader_.is_full()) return;
  ended_ = true;
  reader_.fail_full();
}

void ResponseStreamDecoder::fail(const ProviderError& error, EventSink& sink) {
  ended_ = true;
  sink.take({canonical::Failed{&error}});
}

void ResponseStreamDecoder::finish(EventSink& sink) {
  if (!ended_) fail(broken("The provider's stream ended before the answer did."), sink);
}

// Why a whole answer is none, or null.
const char* fault_of(const Json& response) {
  const Json* const output = find_member(response, "output");
  if (output == nullptr || !output->is_array()) return "The provider's answer is no response: it has no output.";
  const std::string_view status = text_of(response, "status");
  const bool is_over = status.empty() || status == "completed" || status == "incomplete";
  return is_over ? nullptr : "The provider's response is not complete.";
}

}  // namespace

std::unique_ptr<StreamDecoder> stream_decoder() { return std::make_unique<ResponseStreamDecoder>(); }

void decode_answer(const Json& body, EventSink& sink) {
  const char* const fault = fault_of(body);
  if (const Json* const error = find_member(body, "error"); error != nullptr && is_given(*error)) {
    const ProviderError told = read_error(0, dump(body));
    return sink.take({canonical::Failed{&told}});
  }
  if (fault != nullptr) {
    const ProviderError error = {502, fault, "server_error", ""};
    return sink.take({canonical::Failed{&error}});
  }
  OutputReader reader;
  reader.write_to(sink);
  reader.begin(body);
  reader.end(body);
}

}  // namespace aigw::protocol::responses
