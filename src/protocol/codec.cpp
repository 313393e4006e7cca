#include "protocol/codec.h"

#include "protocol/chat/chat.h"
#include "protocol/chunks.h"
#include "protocol/completions/completions.h"
#include "protocol/gemini/gemini.h"
#include "protocol/messages/joiner.h"
#include "protocol/messages/messages.h"
#include "protocol/responses/joiner.h"
#include "protocol/responses/responses.h"

namespace aigw::protocol {
namespace {

template <Dialect dialect>
std::unique_ptr<Joiner> chunk_joiner() {
  return std::make_unique<ChunkJoiner>(dialect);
}

template <Dialect dialect>
Result<std::string> chunk_splitter(std::string_view answer, bool include_usage) {
  return split_chunks(dialect, answer, include_usage);
}

// A Messages or Responses stream carries its usage whether it was asked for or not.
Result<std::string> split_message(std::string_view answer, bool) { return messages::split(answer); }
Result<std::string> split_response(std::string_view answer, bool) { return responses::split(answer); }

constexpr Codec kChat = {
    .decode_request = chat::decode_request,
    .stream_encoder = chat::stream_encoder,
    .answer_encoder = chat::answer_encoder,
    .encode_request = chat::encode_request,
    .stream_decoder = chat::stream_decoder,
    .decode_answer = chat::decode_answer,
    .joiner = chunk_joiner<Dialect::Chat>,
    .split = chunk_splitter<Dialect::Chat>,
};

constexpr Codec kMessages = {
    .decode_request = messages::decode_request,
    .stream_encoder = messages::stream_encoder,
    .answer_encoder = messages::answer_encoder,
    .encode_request = messages::encode_request,
    .stream_decoder = messages::stream_decoder,
    .decode_answer = messages::decode_answer,
    .joiner = messages::joiner,
    .split = split_message,
};

constexpr Codec kResponses = {
    .decode_request = responses::decode_request,
    .stream_encoder = responses::stream_encoder,
    .answer_encoder = responses::answer_encoder,
    .encode_request = responses::encode_request,
    .stream_decoder = responses::stream_decoder,
    .decode_answer = responses::decode_answer,
    .joiner = responses::joiner,
    .split = split_response,
};

// Providers that speak it get it from clients that do, as it is.
constexpr Codec kCompletions = {
    .decode_request = completions::decode_request,
    .stream_encoder = completions::stream_encoder,
    .answer_encoder = completions::answer_encoder,
    .encode_request = nullptr,
    .stream_decoder = nullptr,
    .decode_answer = nullptr,
    .joiner = chunk_joiner<Dialect::Completions>,
    .split = chunk_splitter<Dialect::Completions>,
};

// No client speaks it.
constexpr Codec kGemini = {
    .decode_request = nullptr,
    .stream_encoder = nullptr,
    .answer_encoder = nullptr,
    .encode_request = gemini::encode_request,
    .stream_decoder = gemini::stream_decoder,
    .decode_answer = gemini::decode_answer,
    .joiner = nullptr,
    .split = nullptr,
};

}  // namespace

const Codec& codec_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::Messages: return kMessages;
    case Dialect::Responses: return kResponses;
    case Dialect::Completions: return kCompletions;
    case Dialect::Gemini: return kGemini;
    default: return kChat;
  }
}

}  // namespace aigw::protocol
