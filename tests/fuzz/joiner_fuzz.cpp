// Reads any bytes as a stream and as a whole answer within each dialect: what is joined must be a JSON object, what is
// split must be frames of JSON that join again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/sse.h"
#include "protocol/codec.h"
#include "protocol/json_scan.h"

namespace {

using namespace aigw;
using namespace aigw::protocol;

Result<std::string> joined(const Codec& codec, std::string_view frames) {
  const auto joiner = codec.joiner();
  http::SseSplitter splitter(1 << 20);
  splitter.feed(frames);
  while (const auto event = splitter.next()) {
    if (event->kind != http::SseEvent::Kind::Event) continue;
    if (const Status added = joiner->add(event->name, event->data); !added) return added.error();
  }
  return joiner->finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Dialect dialect : {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Messages}) {
    const Codec& codec = codec_of(dialect);
    if (const Result<std::string> answer = joined(codec, text); answer && json_object_fault(*answer)) std::abort();
    const Result<std::string> frames = codec.split(text, true);
    if (!frames) continue;
    const Result<std::string> again = joined(codec, *frames);
    if (again && json_object_fault(*again)) std::abort();
  }
  return 0;
}
