// A model provider for measurements: as fast as a single thread can be, so that what stands in front of it is
// what gets measured.
//
// `POST /v1/chat/completions` answers a fixed chat completion of about 400 bytes once the body is read, or, when
// the body has `"stream":true`, a stream of `--tokens` chunks at `--rate` tokens a second (then the usage chunk,
// if `include_usage` was asked for, and `[DONE]`). Every other path answers 200. Token i carries the text
// `tok i `, so that a reader can tell a lost, doubled or reordered one.
//
// One thread, one epoll, one timerfd for all streams. It trusts its clients: it is no server for the open.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  int tokens = 500;  // of one stream, >= 1
  double rate = 50;  // tokens per second and stream, > 0
};

// One client connection; lives until the peer closes it.
struct Connection {
  int fd = -1;
  std::uint64_t id = 0;  // never used twice, unlike the descriptor
  std::string in;        // received and not yet answered
  std::string out;       // answered and not yet sent
  int tokens_left = 0;   // > 0: a stream is running
  int next_token = 0;
  bool wants_usage = false;
  Clock::time_point due;  // when the next token is
};

struct Due {
  Clock::time_point at;
  std::uint64_t id;
  bool operator>(const Due& other) const { return at > other.at; }
};

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return std::string(size).append(data).append("\r\n");
}

std::string event(std::string_view delta, std::string_view rest) {
  std::string text =
      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
      "\"model\":\"bench\",\"choices\":[";
  return chunk(text.append(delta).append("]").append(rest).append("}\n\n"));
}

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

const std::string& completion() {
  static const std::string kText = [] {
    const std::string body =
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The quick brown fox jumps over "
        "the lazy dog, and the gateway between them adds as little as it can to the time that it takes.\","
        "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":24,\"total_tokens\":36}}";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }();
  return kText;
}

// The byte after the whole request at the start of `in`, 0 while some of it is missing; `body` then views the
// body as it was sent (with the chunks' frames, if it came in chunks).
std::size_t request_end(std::string_view in, std::string_view& body) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t length = 0;
  bool chunked = false;
  for (std::size_t at = in.find("\r\n"); at < head;) {
    const std::string_view line = in.substr(at + 2, in.find("\r\n", at + 2) - at - 2);
    constexpr std::string_view kLength = "content-length:";
    constexpr std::string_view kEncoding = "transfer-encoding:";
    if (line.size() > kLength.size() && strncasecmp(line.data(), kLength.data(), kLength.size()) == 0) {
      const std::size_t digits = line.find_first_of("0123456789");
      if (digits != std::string_view::npos) std::from_chars(line.data() + digits, line.data() + line.size(), length);
    } else if (line.size() > kEncoding.size() && strncasecmp(line.data(), kEncoding.data(), kEncoding.size()) == 0) {
      chunked = line.find("chunked") != std::string_view::npos;
    }
    at += 2 + line.size();
  }
  std::size_t end = head + 4 + length;
  for (std::size_t size = 1; chunked && size > 0;) {
    size = 0;
    const std::size_t line_end = in.find("\r\n", end);
    if (line_end == std::string_view::npos) return 0;
    std::from_chars(in.data() + end, in.data() + line_end, size, 16);
    end = line_end + 2 + size + 2;
    if (end > in.size()) return 0;
  }
  if (end > in.size()) return 0;
  body = in.substr(head + 4, end - head - 4);
  return end;
}

// Whether the JSON text has `"name":true`, with or without a space.
bool is_true(std::string_view body, std::string_view name) {
  std::size_t at = body.find(name);
  if (at == std::string_view::npos) return false;
  at = body.find_first_not_of(" :", at + name.size());
  return at != std::string_view::npos && body.substr(at, 4) == "true";
}

class Upstream {
 public:
  Upstream(int port, Settings settings) : settings_(settings) {
    interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1.0 / settings.rate));
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 4096) != 0) {
      std::perror("mock_upstream: listen");
      std::exit(1);
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(listener_, kListener);
    watch(timer_, kTimer);
    std::printf("Listening port=%d\n", static_cast<int>(ntohs(address.sin_port)));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> events(1024);
    for (;;) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
      arm_timer();
    }
  }

 private:
  static constexpr std::uint64_t kListener = 0;
  static constexpr std::uint64_t kTimer = 1;

  void watch(int fd, std::uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = id;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void handle(const epoll_event& event) {
    if (event.data.u64 == kListener) return accept_all();
    if (event.data.u64 == kTimer) return send_due_tokens();
    const auto found = connections_.find(event.data.u64);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    const bool open = (event.events & (EPOLLERR | EPOLLHUP)) == 0 && receive(connection);
    if (!open || !flush(connection)) drop(connection);
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connection->id = ++last_id_;
      watch(fd, connection->id);
      connections_.emplace(connection->id, std::move(connection));
    }
  }

  // Reads what is there and answers each whole request; false when the peer has closed.
  bool receive(Connection& connection) {
    for (;;) {
      const ssize_t count = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
      if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
      if (count < 0) break;
      connection.in.append(buffer_.data(), static_cast<std::size_t>(count));
      if (static_cast<std::size_t>(count) < buffer_.size()) break;
    }
    answer_requests(connection);
    return true;
  }

  void answer_requests(Connection& connection) {
    std::string_view body;
    while (connection.tokens_left == 0) {
      const std::size_t end = request_end(connection.in, body);
      if (end == 0) return;
      if (is_true(body, "\"stream\"")) {
        connection.wants_usage = is_true(body, "\"include_usage\"");
        connection.tokens_left = settings_.tokens;
        connection.next_token = 0;
        connection.out.append(kStreamHead);
        connection.due = Clock::now() + interval_;
        due_.push({connection.due, connection.id});
      } else {
        connection.out.append(completion());
      }
      connection.in.erase(0, end);
    }
  }

  void send_due_tokens() {
    std::uint64_t ticks = 0;
    if (read(timer_, &ticks, sizeof ticks) < 0) return;
    const Clock::time_point now = Clock::now();
    while (!due_.empty() && due_.top().at <= now) {
      const auto found = connections_.find(due_.top().id);
      due_.pop();
      if (found == connections_.end()) continue;
      Connection& connection = *found->second;
      add_token(connection);
      if (!flush(connection)) drop(connection);
    }
  }

  void add_token(Connection& connection) {
    const std::string text = "{\"index\":0,\"delta\":{\"content\":\"tok " + std::to_string(connection.next_token++) +
                             " \"},\"logprobs\":null,\"finish_reason\":null}";
    connection.out.append(event(text, ""));
    if (--connection.tokens_left > 0) {
      connection.due += interval_;
      due_.push({connection.due, connection.id});
      return;
    }
    connection.out.append(event("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}", ""));
    if (connection.wants_usage) {
      const std::string tokens = std::to_string(connection.next_token);
      connection.out.append(event("", ",\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":" + tokens +
                                          ",\"total_tokens\":" + std::to_string(connection.next_token + 12) + "}"));
    }
    connection.out.append(chunk("data: [DONE]\n\n")).append("0\r\n\r\n");
    answer_requests(connection);
  }

  // False when the connection is broken. What the peer has no room for waits for the next EPOLLOUT.
  bool flush(Connection& connection) {
    std::size_t sent = 0;
    while (sent < connection.out.size()) {
      const ssize_t count =
          send(connection.fd, connection.out.data() + sent, connection.out.size() - sent, MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) return false;
      if (count < 0) break;
      sent += static_cast<std::size_t>(count);
    }
    connection.out.erase(0, sent);
    return true;
  }

  void drop(Connection& connection) {
    close(connection.fd);
    connections_.erase(connection.id);
  }

  void arm_timer() {
    if (due_.empty()) return;
    const auto wait = std::max<Clock::duration>(due_.top().at - Clock::now(), std::chrono::microseconds(1));
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
    itimerspec spec{};
    spec.it_value.tv_sec = nanoseconds / 1'000'000'000;
    spec.it_value.tv_nsec = nanoseconds % 1'000'000'000;
    timerfd_settime(timer_, 0, &spec, nullptr);
  }

  Settings settings_;
  Clock::duration interval_{};
  int poll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_ = -1;
  int timer_ = -1;
  std::uint64_t last_id_ = kTimer;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<Due>> due_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "mock_upstream [--port 0] [--tokens 500] [--rate 50]");
  Settings settings;
  settings.tokens = options.number("tokens", settings.tokens);
  settings.rate = options.number("rate", 50);
  Upstream(options.number("port", 0), settings).run();
}
