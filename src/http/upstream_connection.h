// One connection to a provider, with or without TLS: bytes out gathered into few sends, the head of the answer
// checked before the HTTP parser sees it.
//
// Belongs to one call at a time; kept in the pool between calls.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/answer_head.h"
#include "http/socket.h"
#include "http/tls.h"

namespace aigw::http {

class Waiter;

class UpstreamConnection {
 public:
  UpstreamConnection(Fd fd, std::unique_ptr<TlsSession> tls) : fd_(std::move(fd)), tls_(std::move(tls)) {}

  // Begins a call: waits go through `waiter` until the next begin().
  void begin(Waiter& waiter);

  // Gathers bytes to send; large ones leave at once. After a failed send everything is dropped silently: the
  // provider may have answered (413, 401) before it read the whole request, and that answer is worth reading.
  void write(std::string_view bytes);

  // Sends what was gathered and receives the answer's head; interim ones (1xx) are passed over. Once, before read().
  // Errors: as failure().
  Result<AnswerHead> receive_head();

  // The bytes behind the head, as read(2).
  ssize_t read(char* data, std::size_t size);

  // Why receiving failed; meaningful after read() returned -1, or 0 before the answer was whole.
  const Error& failure() const { return failure_; }
  // Whether any byte of the answer has arrived.
  bool answered() const { return answered_; }

  // Whether a kept connection seems usable still: the provider has neither closed it nor sent anything.
  bool is_quiet();
  // Whether the answer was taken to its last byte and nothing came behind it.
  bool is_drained() const { return in_begin_ == in_.size() && sent_all_; }
  void release_buffers();

 private:
  enum class Received { Some, End, Failed };
  bool send(std::string_view tail);
  Received receive_more();
  bool wait(short events);
  void fail(ErrorKind kind, std::string detail);

  Fd fd_;
  std::unique_ptr<TlsSession> tls_;
  Waiter* waiter_ = nullptr;
  std::string out_;
  std::string in_;
  std::size_t in_begin_ = 0;
  bool answered_ = false;
  bool likely_empty_ = true;  // nothing seems to have arrived that was not received
  bool sent_all_ = true;
  Error failure_;
};

}  // namespace aigw::http
