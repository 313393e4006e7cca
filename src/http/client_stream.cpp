#include "http/client_stream.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "http/connection.h"

namespace aigw::http {
namespace {

// A field value that came from a provider must not be able to end its line (RFC 9110 §5.5).
void append_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  const std::size_t begin = head.size();
  head += value;
  std::replace_if(head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
                  [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  head += "\r\n";
}

}  // namespace

ClientStream::ClientStream(Connection& connection, Framing framing) : connection_(connection), framing_(framing) {}

void ClientStream::reply(const Reply& reply) {
  const bool has_length = reply.status != 204 && reply.status != 304;  // RFC 9110 §8.6
  write_head(reply.status, reply.headers,
             has_length ? "Content-Length: " + std::to_string(reply.body.size()) + "\r\n" : "");
  if (!framing_.head_only) connection_.write(reply.body);
  count(reply.body);
  finished_ = true;
  connection_.flush();
}

void ClientStream::start(int status, const Headers& headers) {
  if (framing_.http10) framing_.keep_alive = false;
  write_head(status, headers, framing_.http10 ? "" : "Transfer-Encoding: chunked\r\n");
}

bool ClientStream::write(std::string_view piece) {
  if (finished_) return false;
  if (piece.empty() || framing_.head_only) return !connection_.broken();
  count(piece);
  if (framing_.http10) return connection_.write(piece);
  char size[20];
  char* const end = std::to_chars(size, size + sizeof size - 2, piece.size(), 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  connection_.write({size, static_cast<std::size_t>(end + 2 - size)});
  connection_.write(piece);
  return connection_.write("\r\n");
}

bool ClientStream::flush() { return connection_.flush(); }

void ClientStream::finish() {
  if (!framing_.http10 && !framing_.head_only) connection_.write("0\r\n\r\n");
  finished_ = true;
  connection_.flush();
}

void ClientStream::cut() {
  framing_.keep_alive = false;
  finished_ = true;
  connection_.flush();
}

bool ClientStream::client_gone() const { return connection_.broken(); }

int ClientStream::fd() const { return connection_.fd(); }

void ClientStream::count(std::string_view body) {
  bytes_out_ += body.size();
  if (copy_.size() < copy_max_) copy_ += body.substr(0, copy_max_ - copy_.size());
}

void ClientStream::write_head(int status, const Headers& headers, std::string_view framing) {
  started_ = true;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
  for (const auto& [name, value] : headers) append_field(head, name, value);
  for (const auto& [name, value] : common_) {
    if (!headers.has(name)) append_field(head, name, value);
  }
  head += framing;
  if (!framing_.keep_alive) {
    head += "Connection: close\r\n";
  } else if (framing_.http10) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  connection_.write(head);
}

}  // namespace aigw::http
