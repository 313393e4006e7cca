// The way back to the client: one reply, whole or as a stream. The first byte sent is the commit point: before it
// everything may still be decided differently, after it the reply goes on or is cut.
//
// Belongs to one request and its worker thread; borrows the connection, which outlives it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/message.h"

namespace aigw::http {

class Connection;

class ClientStream {
 public:
  struct Framing {
    bool keep_alive = true;   // the connection may serve another request afterwards
    bool http10 = false;      // no chunks: the end of the connection is the end of the body
    bool head_only = false;   // a HEAD request: the body is left out
  };

  ClientStream(Connection& connection, Framing framing);

  // Fields that every reply of this request carries, unless it has its own of that name; to be set before reply() or
  // start().
  Headers& common_headers() { return common_; }

  // Sends a whole reply. Precondition: !started().
  void reply(const Reply& reply);

  // Begins a stream of unknown length. Precondition: !started(). `headers` without framing fields.
  void start(int status, const Headers& headers);
  // Adds a piece; it leaves with the next flush(), or on its own when many bytes have gathered.
  // False: the client is gone or the stream is finished, nothing more needs to be written.
  bool write(std::string_view piece);
  bool flush();
  // Ends the stream well.
  void finish();
  // Ends the stream so that the client sees it broke off: no last chunk, the connection closes.
  void cut();

  bool started() const { return started_; }
  bool finished() const { return finished_; }
  bool client_gone() const;

  // Bytes of body written so far.
  std::size_t bytes_out() const { return bytes_out_; }
  // Keeps a copy of the body's first bytes from now on.
  void keep_copy(std::size_t bytes_max) { copy_max_ = bytes_max; }
  const std::string& copy() const { return copy_; }
  bool keep_alive() const { return framing_.keep_alive; }
  // Whether the connection may be used again after this reply. Precondition: !started().
  void set_keep_alive(bool keep_alive) { framing_.keep_alive = keep_alive; }
  // For waiting on its behalf (http/waiter.h).
  int fd() const;

 private:
  void write_head(int status, const Headers& headers, std::string_view framing);
  void count(std::string_view body);

  Connection& connection_;
  Framing framing_;
  Headers common_;
  bool started_ = false;
  bool finished_ = false;
  std::size_t bytes_out_ = 0;
  std::size_t copy_max_ = 0;
  std::string copy_;
};

}  // namespace aigw::http
