// Reads any bytes as an event, an answer and an error of every dialect, says the error to clients, joins the bytes as a
// chunk and splits them as an answer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/chunks.h"
#include "protocol/error_conversion.h"
#include "protocol/facts.h"
#include "protocol/json_scan.h"

namespace {

using aigw::Dialect;
using namespace aigw::protocol;

void check(const ProviderError& error) {
  if (error.status < 100 || error.status > 599 || error.message.size() > 4096) std::abort();
  for (const int status : {0, 400, 401, 429, 500}) {
    const ErrorForm form = form_of(status, error, {});
    if (form.status < 400 || form.messages_status < 400 || form.openai.message.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const Dialect dialect :
       {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Messages, Dialect::Embeddings,
        Dialect::Plain}) {
    std::string padded = text;
    padded.reserve(size + kPadding);
    const EventFacts event = read_event(dialect, "", padded);
    if (event.error) check(*event.error);
    if (event.content && !event.meaningful) std::abort();
    if (event.text_bytes > size) std::abort();
    std::string body = text;
    const AnswerFacts answer = read_answer(dialect, body);
    if (answer.error) check(*answer.error);
    if (body != text) std::abort();
  }
  check(read_error(0, text));
  for (const Dialect dialect : {Dialect::Chat, Dialect::Completions}) {
    ChunkJoiner joiner(dialect);
    if (joiner.add("", text) && joiner.add("", text) && joiner.add("", "[DONE]")) {
      const aigw::Result<std::string> joined = joiner.finish();  // a failure where no chunk had a choice
      if (joined && json_object_fault(*joined)) std::abort();
    }
    const aigw::Result<std::string> frames = split_chunks(dialect, text, true);
    if (frames && frames->substr(frames->size() - 14) != "data: [DONE]\n\n") std::abort();
  }
  return 0;
}
