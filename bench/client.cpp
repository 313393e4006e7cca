#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

// The value of a header in a head of an answer, "" if it is not there. `name` is lower case, with its colon.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (head.size() - at - 2 < name.size() || strncasecmp(head.data() + at + 2, name.data(), name.size()) != 0)
      continue;
    const std::size_t start = head.find_first_not_of(' ', at + 2 + name.size());
    return head.substr(start, head.find("\r\n", start) - start);
  }
  return {};
}

bool receive(int fd, std::string& data) {
  char buffer[64 * 1024];
  const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  data.append(buffer, static_cast<std::size_t>(count));
  return true;
}

}  // namespace

int try_connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int connect_to(int port) {
  const int fd = try_connect(port);
  if (fd < 0) {
    std::fprintf(stderr, "can't connect to port %d: %s\n", port, std::strerror(errno));
    std::exit(1);
  }
  return fd;
}

void send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      std::fprintf(stderr, "can't send: %s\n", std::strerror(errno));
      std::exit(1);
    }
    data.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string post_request(std::string_view path, std::string_view body) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer bench-client-key\r\n");
  request.append("Content-Type: application/json\r\nContent-Length: ").append(std::to_string(body.size()));
  return request.append("\r\n\r\n").append(body);
}

std::string chat_request(bool stream, std::size_t padding) {
  std::string body =
      "{\"model\":\"bench\",\"messages\":[{\"role\":\"system\",\"content\":\"You are helpful.\"},"
      "{\"role\":\"user\",\"content\":\"Say something about foxes and dogs. ";
  body.append(padding, 'x').append("\"}],\"temperature\":0.7");
  if (stream) body.append(",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
  body.append("}");
  return post_request("/v1/chat/completions", body);
}

int read_answer(int fd) {
  std::string data;
  std::size_t head_end = std::string::npos;
  while ((head_end = data.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(fd, data)) return -1;
  }
  head_end += 4;
  const std::string head = data.substr(0, head_end);
  if (header(head, "transfer-encoding:") == "chunked") {
    while (data.size() < head_end + 5 || data.compare(data.size() - 5, 5, "0\r\n\r\n") != 0) {
      if (!receive(fd, data)) return -1;
    }
  } else {
    const std::string_view text = header(head, "content-length:");
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    while (data.size() < head_end + length) {
      if (!receive(fd, data)) return -1;
    }
  }
  return data.size() > 12 ? std::atoi(data.c_str() + 9) : -1;
}

}  // namespace bench
