// The only door to cpp-httplib: includes it, and levels what differs between the versions of Debian 12 (0.11) and
// Debian 13 (0.18) in the parts that we override. For .cpp files of http/ alone.
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <utility>

namespace aigw::http {

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

}  // namespace aigw::http
