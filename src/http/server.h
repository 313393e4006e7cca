// The HTTP server: accepts connections, keeps idle ones without a thread, and gives each request a worker.
//
// All connections that wait for a request are in one epoll set, and idle workers wait on that set themselves, so
// that the kernel hands a readable connection straight to a thread. A worker that takes one sees to it that another
// is waiting, up to the maximum; workers idle for a while end.
//
// Threads: the handler is called from many threads at once; all public functions may be called from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/client_stream.h"
#include "http/message.h"

namespace aigw::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;                        // 0: the system chooses
  std::size_t workers_max = 512;       // threads that serve requests
  std::size_t connections_max = 10'000;
  Millis head_timeout{10'000};         // from a request's first byte to the end of its head
  Millis body_silence{30'000};         // the longest pause within a body
  Millis idle_timeout{120'000};        // a kept-alive connection without a request
  Millis worker_idle{10'000};          // a surplus thread without work
};

class Server {
 public:
  // Answers one request through `client`: whole, or as a stream that it ends. It must not throw; if it does, the
  // client gets a 500 or a cut stream.
  using Handler = std::function<void(Request& request, ClientStream& client)>;
  // The reply for an error that the server itself meets (malformed requests), in the application's form.
  using ErrorReply = std::function<Reply(int status, std::string_view message)>;

  Server(ServerOptions options, Handler handler, ErrorReply error_reply);
  ~Server();  // stop()

  // Binds and listens; the port. Error Io: the address is in use or not ours; the message says what to do.
  Result<int> listen();
  // Starts accepting and serving. Precondition: listen() succeeded. Once.
  void start();
  // Every reply from now on closes its connection.
  void close_after_replies();
  // Stops accepting, closes what is parked, and waits for the requests that run until `deadline`; then cuts them.
  // True if none had to be cut.
  bool stop(SteadyTime deadline);

  // Expires idle connections and joins ended workers. To be called about once a second.
  void tick(SteadyTime now);

  struct Load {
    std::size_t connections = 0;
    std::size_t workers = 0;
    std::size_t requests = 0;  // being served now
  };
  Load load() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigw::http
