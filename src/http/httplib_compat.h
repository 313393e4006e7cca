// The only door to cpp-httplib: includes it, and levels what differs between the versions of Debian 12 (0.11) and
// Debian 13 (0.18) in the parts that we override. For .cpp files of http/ alone.
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace aigw::http {

// "0.11.4" -> 11
constexpr int httplib_minor() {
  constexpr std::string_view kVersion = CPPHTTPLIB_VERSION;
  int minor = 0;
  for (std::size_t at = kVersion.find('.') + 1; at < kVersion.size() && kVersion[at] != '.'; ++at) {
    minor = minor * 10 + (kVersion[at] - '0');
  }
  return minor;
}

// Runs tasks on the accepting thread: accepting only registers a connection, so there is nothing to queue.
// `enqueue` returns void up to 0.14 and bool from 0.15 on.
using EnqueueResult = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));

class InlineTasks : public httplib::TaskQueue {
 public:
  EnqueueResult enqueue(std::function<void()> task) override {
    task();
    return EnqueueResult(true);
  }
  void shutdown() override {}
};

// A stream of ours between httplib's parser and bytes that we move ourselves: only read and write do something.
class ParserStream : public httplib::Stream {
 public:
  using httplib::Stream::write;
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  // httplib refuses descriptors of FD_SETSIZE and more because it may select() on them; with ours it never does.
  socket_t socket() const override { return 0; }
};

// Server::process_request takes the addresses from 0.12 on. It is told that the connection closes: what it then would
// write is nothing that anybody sees, and the other case costs it a string stream.
template <typename Process>
bool call_process_request(Process&& process, httplib::Stream& stream, bool& closed) {
  if constexpr (httplib_minor() < 12) {
    return process(stream, true, closed, nullptr);
  } else {
    return process(stream, std::string(), 0, std::string(), 0, true, closed, nullptr);
  }
}

}  // namespace aigw::http
