// One client connection: its socket, what was received and not yet parsed, what was written and not yet sent.
//
// At any time either one worker thread or nobody (it is parked) owns a connection; only `expire` may be called
// beside that.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/socket.h"

namespace aigw::http {

class Connection {
 public:
  Connection(Fd fd, SteadyTime now);

  int fd() const { return fd_.get(); }
  const std::string& client_address() const { return client_address_; }

  // ---- parking ----
  // Gives the connection up until its socket is readable; nothing else may touch it from then on but take() and
  // expire(). Without received bytes it may wait for `idle_max`. Once a head has begun, all of it has to arrive within
  // `head_max`, however often the connection is parked between its pieces.
  void park(SteadyTime now, Millis idle_max, Millis head_max);
  // Takes it back; false if it expired meanwhile and is to be destroyed.
  bool take();
  // Shuts the socket down if the connection is parked and past its deadline. From any thread.
  void expire(SteadyTime now);

  // ---- input ----
  enum class Fill { Some, Nothing, Closed };
  // Receives what is there, without waiting.
  Fill fill();
  // What was received and not consumed.
  std::string_view received() const { return std::string_view(in_).substr(in_begin_); }
  void consume(std::size_t bytes);
  // The head has arrived whole: the next one gets its own time.
  void head_complete();
  // Reads received bytes, or waits for some, at most `silence_max`. As read(2): 0 at the end, -1 on error or timeout.
  ssize_t read(char* data, std::size_t size, Millis silence_max);
  bool read_timed_out() const { return read_timed_out_; }

  // ---- output ----
  // Takes bytes to send; they leave with the next flush() or when many have gathered. False once the client is gone.
  bool write(std::string_view bytes);
  // Sends everything, waiting for a slow client at most kWriteSilence at a time.
  bool flush();
  bool broken() const { return broken_; }

  // Tells the client that nothing more comes, and waits for it to close, so that it reads the reply to a request
  // that was not read to its end instead of a reset (RFC 9112 §9.6). Takes a second at most.
  void linger();

 private:
  enum class State { Owned, Parked, Expired };
  ssize_t receive_some(char* data, std::size_t size, Millis silence_max);
  bool send_all(std::string_view tail);

  Fd fd_;
  std::string client_address_;
  std::atomic<State> state_{State::Owned};
  std::atomic<SteadyTime::rep> deadline_{0};

  std::string in_;
  std::size_t in_begin_ = 0;
  std::optional<SteadyTime> head_deadline_;  // while a head is incomplete
  std::string out_;
  bool broken_ = false;
  bool read_timed_out_ = false;
};

}  // namespace aigw::http
