// Threads that wait for events of one epoll set. At least one waits whenever the maximum allows; surplus ones end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <pthread.h>
#include <vector>

#include "base/clock.h"

namespace aigw::http {

class WorkerPool {
 public:
  // `serve` is called with the event's pointer, on many threads at once; it must not throw. `epoll_fd` outlives this.
  // A surplus worker ends after `idle_max` without an event.
  WorkerPool(int epoll_fd, std::size_t workers_max, Millis idle_max, std::function<void(void*)> serve);
  ~WorkerPool();  // stop()

  void start();
  // Ends workers once they are idle, and joins them. The epoll set's stop event must have been signalled.
  void stop();
  // Joins workers that ended.
  void reap();
  // Waits until no worker serves, at most until `deadline`; whether that was reached.
  bool wait_until_idle(SteadyTime deadline);

  std::size_t workers() const { return workers_.load(); }
  std::size_t serving() const { return serving_.load(); }

 private:
  static void* run(void* self);
  void work();
  void add_worker();
  bool leave_if_surplus();

  const int epoll_fd_;
  const std::size_t workers_max_;
  const Millis idle_max_;
  const std::function<void(void*)> serve_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> workers_{0};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> serving_{0};

  std::mutex mutex_;                   // guards the two lists
  std::vector<pthread_t> running_;
  std::vector<pthread_t> ended_;
  std::condition_variable idle_;       // with mutex_: serving_ may have reached 0
};

}  // namespace aigw::http
