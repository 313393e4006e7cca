// Splits any bytes into events, cut into reads as the first bytes say: the events must not depend on the cuts, and
// their raw bytes must be the input.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/sse.h"

namespace {

using aigw::http::SseEvent;
using aigw::http::SseSplitter;

struct Seen {
  std::string raw, name, data;
  bool operator==(const Seen&) const = default;
};

void keep(const SseEvent& event, std::vector<Seen>& seen) {
  // Fragments are cut where reads end; what counts is their sum.
  const bool is_fragment = event.kind == SseEvent::Kind::Fragment;
  if (is_fragment && !seen.empty() && seen.back().name == "\nfragment") {
    seen.back().raw += event.raw;
    return;
  }
  volatile char last = event.data.empty() ? '\0' : event.data.data()[event.data.size() + SseSplitter::kPadding - 1];
  static_cast<void>(last);
  seen.push_back(
      {std::string(event.raw), is_fragment ? "\nfragment" : std::string(event.name), std::string(event.data)});
}

std::vector<Seen> split(std::string_view text, std::size_t read_bytes, std::size_t limit) {
  SseSplitter splitter(limit);
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < text.size(); at += read_bytes) {
    splitter.feed(text.substr(at, read_bytes));
    while (const std::optional<SseEvent> event = splitter.next()) keep(*event, seen);
  }
  if (const std::optional<SseEvent> event = splitter.finish()) keep(*event, seen);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  // No limit is smaller than a byte order mark with a line end behind it.
  const std::size_t limit = 8U + data[1];
  const std::vector<Seen> whole = split(text, text.size() + 1, limit);
  if (whole != split(text, 1U + data[0] % 32U, limit)) std::abort();
  std::string together;
  for (const Seen& seen : whole) together += seen.raw;
  if (together != text) std::abort();
  return 0;
}
