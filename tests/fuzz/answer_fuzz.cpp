// Reads any bytes as a provider's answer in one dialect (GATEWAY_FUZZ_DIALECT), as a stream and whole, and writes it for
// every client's dialect, as a stream and whole. Whatever comes: a client gets frames of valid JSON or a JSON object,
// and the answer ends well or has failed, never both.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "http/sse.h"
#include "protocol/answer_conversion.h"
#include "protocol/json_scan.h"

namespace {

using namespace aigw;
using namespace aigw::protocol;

constexpr std::size_t kEventMax = 1 << 20;

canonical::ReplyRules busy_rules() {
  canonical::ReplyRules rules;
  rules.tool_names = {{"f", "client function"}};
  rules.custom_tools = {"custom"};
  rules.strip_fence = rules.include_usage = rules.encrypted_reasoning = true;
  rules.stop = {"stop", "\n\n"};
  rules.now = 1'700'000'000;
  return rules;
}

void check_frames(const std::string& frames) {
  http::SseSplitter splitter(kEventMax);
  splitter.feed(frames);
  while (const auto event = splitter.next()) {
    if (event->kind == http::SseEvent::Kind::Event && event->data != "[DONE]" && json_object_fault(event->data)) {
      std::abort();
    }
  }
}

void check_end(AnswerConversion& answer, bool client_streams) {
  if (answer.ended() == answer.failure().has_value()) std::abort();
  if (client_streams) {
    std::string frames = answer.take_frames();
    if (answer.failure()) frames += answer.error_frames(*answer.failure());
    check_frames(frames);
  } else if (answer.ended() && json_object_fault(answer.body())) {
    std::abort();
  }
}

void convert(std::string_view text, Dialect client, bool client_streams, const canonical::ReplyRules& rules) {
  AnswerConversion streamed(client, client_streams, GATEWAY_FUZZ_DIALECT, rules);
  http::SseSplitter splitter(kEventMax);
  splitter.feed(text);
  while (const auto event = splitter.next()) streamed.take_event(event->name, event->data);
  if (const auto event = splitter.finish()) streamed.take_event(event->name, event->data);
  streamed.end_stream();
  check_end(streamed, client_streams);
  AnswerConversion whole(client, client_streams, GATEWAY_FUZZ_DIALECT, rules);
  whole.take_answer(text);
  check_end(whole, client_streams);
}

}  // namespace

// One client and one set of rules for each input, told by its bytes: as many inputs as can be, and an input that is run
// again does the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Dialect kClients[] = {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Messages};
  static const canonical::ReplyRules plain;
  static const canonical::ReplyRules busy = busy_rules();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t draw = std::hash<std::string_view>{}(text);
  for (const bool client_streams : {false, true}) convert(text, kClients[draw % 4], client_streams, draw & 4 ? busy : plain);
  return 0;
}
