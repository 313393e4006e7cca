// Opens many streams at once, reads all to the end, and checks that each got every token once, in order, and the last
// event: `[DONE]` of Chat, `message_stop` of Messages (`--path /v1/messages`). One thread, one epoll, so that it takes
// little from what is measured.
//
// Prints one line: streams=500 ok=500 tokens=250000 seconds=10.2 first_token_ms=24 late_ms=3
// (first_token_ms: median time from the request to the first token; late_ms: 99th percentile of what the gap
// between two tokens took beyond 1 / rate). Exits with 1 if a stream was incomplete or took longer than --timeout.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "options.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

struct Stream {
  int fd = -1;
  std::string raw;  // received, its chunks not yet unpacked
  bool has_head = false;
  std::size_t chunk_left = 0;  // of the current chunk's data
  std::string line;            // the beginning of a line whose end has not come yet
  int tokens = 0;
  bool done = false;
  bool wrong = false;
  Clock::time_point sent;
  Clock::time_point last;  // when the last token came
};

struct Report {
  std::vector<double> first_ms;
  std::vector<double> gap_ms;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void take_line(Stream& stream, std::string_view line, Clock::time_point now, Report& report) {
  constexpr std::string_view kToken = "\":\"tok ";  // of `content` in Chat, of `text` in Messages
  if (line.substr(0, 12) == "data: [DONE]" || line.substr(0, 19) == "event: message_stop") {
    stream.done = true;
    return;
  }
  const std::size_t at = line.find(kToken);
  if (at == std::string_view::npos) return;
  if (std::atoi(std::string(line.substr(at + kToken.size(), 10)).c_str()) != stream.tokens) stream.wrong = true;
  if (stream.tokens++ == 0) {
    report.first_ms.push_back(ms_between(stream.sent, now));
  } else {
    report.gap_ms.push_back(ms_between(stream.last, now));
  }
  stream.last = now;
}

void take_text(Stream& stream, std::string_view text, Clock::time_point now, Report& report) {
  stream.line.append(text);
  std::size_t start = 0;
  for (std::size_t end; (end = stream.line.find('\n', start)) != std::string::npos; start = end + 1) {
    take_line(stream, std::string_view(stream.line).substr(start, end - start), now, report);
  }
  stream.line.erase(0, start);
}

// Unpacks the chunks, wherever they were cut, and hands their text on.
void take(Stream& stream, std::string_view data, Report& report) {
  const Clock::time_point now = Clock::now();
  stream.raw.append(data);
  std::string_view raw = stream.raw;
  if (!stream.has_head) {
    const std::size_t head = raw.find("\r\n\r\n");
    if (head == std::string_view::npos) return;
    stream.has_head = true;
    raw.remove_prefix(head + 2);  // each chunk then begins after a line break, the first too
  }
  while (!raw.empty()) {
    if (stream.chunk_left == 0) {
      const std::size_t line_end = raw.find("\r\n", 2);
      if (line_end == std::string_view::npos) break;
      stream.chunk_left = std::strtoul(std::string(raw.substr(0, line_end)).c_str(), nullptr, 16);
      raw.remove_prefix(line_end + 2);
      if (stream.chunk_left == 0) break;
    }
    const std::size_t size = std::min(stream.chunk_left, raw.size());
    take_text(stream, raw.substr(0, size), now, report);
    raw.remove_prefix(size);
    stream.chunk_left -= size;
  }
  stream.raw.erase(0, stream.raw.size() - raw.size());
}

std::string request_for(const std::string& path) {
  if (path != "/v1/messages") return bench::chat_request(true, 0);
  return bench::post_request(path,
                             "{\"model\":\"bench\",\"max_tokens\":1000,\"system\":\"You are helpful.\",\"messages\":"
                             "[{\"role\":\"user\",\"content\":\"Say something about foxes and dogs. \"}],"
                             "\"temperature\":0.7,\"stream\":true}");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv,
                               "stream_load --port P [--path /v1/chat/completions] [--streams 500] [--tokens 500] "
                               "[--rate 50] [--timeout 60]");
  const int count = options.number("streams", 500);
  const int tokens = options.number("tokens", 500);
  const double period_ms = 1000.0 / options.number("rate", 50);
  const auto timeout = std::chrono::seconds(options.number("timeout", 60));

  const int poll = epoll_create1(EPOLL_CLOEXEC);
  const std::string request = request_for(options.text("path", "/v1/chat/completions"));
  std::vector<Stream> streams(static_cast<std::size_t>(count));
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].fd = bench::connect_to(options.number("port", 0));
    streams[i].sent = Clock::now();
    bench::send_all(streams[i].fd, request);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].fd, &event);
  }

  Report report;
  int open = count;
  std::vector<char> buffer(64 * 1024);
  std::vector<epoll_event> events(512);
  while (open > 0 && Clock::now() - start < timeout) {
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < ready; ++i) {
      Stream& stream = streams[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t got = recv(stream.fd, buffer.data(), buffer.size(), 0);
      if (got > 0) take(stream, std::string_view(buffer.data(), static_cast<std::size_t>(got)), report);
      if (got > 0 && !stream.done) continue;
      epoll_ctl(poll, EPOLL_CTL_DEL, stream.fd, nullptr);
      --open;
    }
  }
  const double seconds = ms_between(start, Clock::now()) / 1000;

  int ok = 0;
  long total = 0;
  for (const Stream& stream : streams) {
    total += stream.tokens;
    if (stream.done && !stream.wrong && stream.tokens == tokens) ++ok;
  }
  std::printf("streams=%d ok=%d tokens=%ld seconds=%.1f first_token_ms=%.1f late_ms=%.1f\n", count, ok, total, seconds,
              percentile(report.first_ms, 0.5), percentile(report.gap_ms, 0.99) - period_ms);
  return ok == count ? 0 : 1;
}
