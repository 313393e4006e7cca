#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "protocol/gemini/answer_reader.h"
#include "protocol/gemini/gemini.h"
#include "protocol/json_read.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::EventSink;

class GeminiStreamDecoder : public StreamDecoder {
 public:
  void take(std::string_view name, std::string_view data, EventSink& sink) override;
  void finish(EventSink& sink) override;

 private:
  void fail(const ProviderError& error, EventSink& sink);

  AnswerReader reader_;
  bool ended_ = false;
};

void GeminiStreamDecoder::take(std::string_view /*name*/, std::string_view data, EventSink& sink) {
  data = trim(data);
  if (ended_ || data.empty() || data == "[DONE]") return;
  // Google's errors come in an array, too: `[{"error":…}]`.
  const bool is_error_list = data.front() == '[' && contains(data, "\"error\"");
  if (is_error_list) return fail(read_error(0, data), sink);
  const Result<Json> chunk = parse_object(data);
  if (!chunk) return fail(broken_stream("The provider sent an event that is not JSON."), sink);
  if (has_member(*chunk, "error")) return fail(read_error(0, data), sink);
  reader_.read(*chunk, sink);
}

void GeminiStreamDecoder::finish(EventSink& sink) {
  if (ended_) return;
  ended_ = true;
  reader_.finish(false, sink);
}

void GeminiStreamDecoder::fail(const ProviderError& error, EventSink& sink) {
  ended_ = true;
  sink.take({canonical::Failed{&error}});
}

// A stream that was asked for without `alt=sse`. An error comes in an array, too, but alone.
bool is_chunk_list(const Json& body) {
  return body.is_array() && !body.empty() && !has_member(body.front(), "error");
}

void decode_chunks(const Json& chunks, EventSink& sink) {
  AnswerReader reader;
  for (const Json& chunk : chunks) {
    if (has_member(chunk, "error")) {
      const ProviderError error = read_error(0, dump(chunk));
      return sink.take({canonical::Failed{&error}});
    }
    reader.read(chunk, sink);
  }
  reader.finish(false, sink);
}

}  // namespace

std::unique_ptr<StreamDecoder> stream_decoder() { return std::make_unique<GeminiStreamDecoder>(); }

void decode_answer(const Json& body, EventSink& sink) {
  if (is_chunk_list(body)) return decode_chunks(body, sink);
  if (!body.is_object() || has_member(body, "error")) {
    const std::string text = dump(body);
    const bool tells_why = contains(text, "\"error\"");
    const ProviderError no_answer{502, "The provider's answer is no JSON object.", "server_error", ""};
    const ProviderError error = tells_why ? read_error(0, text) : no_answer;
    return sink.take({canonical::Failed{&error}});
  }
  AnswerReader reader;
  reader.read(body, sink);
  reader.finish(true, sink);
}

}  // namespace aigw::protocol::gemini
