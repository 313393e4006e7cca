// Reads any bytes as a request of one dialect (GATEWAY_FUZZ_DIALECT) and writes what was understood for every provider's
// dialect, with plain capabilities and with all of them: each body must be a JSON object, each refusal a sentence, and
// the same request must give the same body twice.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "protocol/json_scan.h"
#include "protocol/request_conversion.h"

namespace {

using namespace aigw;
using namespace aigw::protocol;

Target capable() {
  Target target{"model", {}, {}};
  config::Capabilities& can = target.can;
  can.max_output_tokens = 64'000;
  can.thinking = config::ThinkingForm::Adaptive;
  can.effort_levels = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
  can.structured_outputs = can.mid_system = can.reasoning_model = can.reasoning_replay = can.tool_strict = true;
  can.documents = can.audio_in = can.json_with_tools = can.json_schema_tools = can.needs_thought_signature = true;
  can.is_openai = can.takes_cache_control = true;
  target.settings.drop_server_tools = true;
  return target;
}

void check(const std::variant<EncodedRequest, Rejection>& encoded) {
  if (const auto* rejection = std::get_if<Rejection>(&encoded)) {
    if (rejection->message.empty()) std::abort();
  } else if (json_object_fault(std::get<EncodedRequest>(encoded).body)) {
    std::abort();
  }
}

void write_for_all(const DecodedRequest& decoded, const Target& target) {
  for (const Dialect to : {Dialect::Chat, Dialect::Messages, Dialect::Responses, Dialect::Gemini}) {
    const auto encoded = encode_request(decoded, to, target, true);
    check(encoded);
    const auto again = encode_request(decoded, to, target, true);
    if (encoded.index() != again.index()) std::abort();
    if (const auto* request = std::get_if<EncodedRequest>(&encoded)) {
      if (request->body != std::get<EncodedRequest>(again).body) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Target plain{"model", {}, {}};
  static const Target rich = capable();
  if constexpr (GATEWAY_FUZZ_DIALECT == Dialect::Embeddings) {
    check(encode_embeddings(text, plain));
    return 0;
  }
  const auto decoded = decode_request(GATEWAY_FUZZ_DIALECT, text, false);
  if (const auto* rejection = std::get_if<Rejection>(&decoded)) {
    if (rejection->message.empty()) std::abort();
    return 0;
  }
  write_for_all(std::get<DecodedRequest>(decoded), plain);
  write_for_all(std::get<DecodedRequest>(decoded), rich);
  return 0;
}
