#include "http/worker_pool.h"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>

namespace aigw::http {
namespace {

// Enough for the deepest JSON that is accepted (512 levels), and little enough to keep 512 threads cheap: only
// touched pages count. Sanitizers need several times as much for each frame.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackBytes = 2 * 1024 * 1024;
#else
constexpr std::size_t kStackBytes = 384 * 1024;
#endif

constexpr std::size_t kWorkersMin = 2;

}  // namespace

WorkerPool::WorkerPool(int epoll_fd, std::size_t workers_max, Millis idle_max, std::function<void(void*)> serve)
    : epoll_fd_(epoll_fd),
      workers_max_(std::max(workers_max, kWorkersMin)),
      idle_max_(idle_max),
      serve_(std::move(serve)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::start() {
  for (std::size_t i = 0; i < kWorkersMin; ++i) add_worker();
}

void WorkerPool::stop() {
  stopping_ = true;
  for (;;) {
    pthread_t thread;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (running_.empty()) break;
      thread = running_.back();
      running_.pop_back();
    }
    ::pthread_join(thread, nullptr);
  }
  reap();
}

void WorkerPool::reap() {
  std::vector<pthread_t> ended;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended.swap(ended_);
  }
  for (const pthread_t thread : ended) ::pthread_join(thread, nullptr);
}

bool WorkerPool::wait_until_idle(SteadyTime deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  return idle_.wait_until(lock, deadline, [this] { return serving_ == 0; });
}

void* WorkerPool::run(void* self) {
  static_cast<WorkerPool*>(self)->work();
  return nullptr;
}

void WorkerPool::work() {
  for (;;) {
    epoll_event event{};
    ++waiting_;
    const int count = ::epoll_wait(epoll_fd_, &event, 1, static_cast<int>(idle_max_.count()));
    const bool last_waiting = --waiting_ == 0;
    if (stopping_) return;
    // Somebody must go on waiting, or nobody would see the next request.
    if (count == 0 && !last_waiting && leave_if_surplus()) return;
    if (count <= 0) continue;
    ++serving_;
    if (last_waiting) add_worker();
    serve_(event.data.ptr);
    if (--serving_ == 0) {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_.notify_all();
    }
  }
}

void WorkerPool::add_worker() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_ || workers_ >= workers_max_) return;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread;
  // Without a further thread the present ones go on; requests wait a little longer.
  if (::pthread_create(&thread, &attributes, &WorkerPool::run, this) == 0) {
    running_.push_back(thread);
    ++workers_;
  }
  ::pthread_attr_destroy(&attributes);
}

bool WorkerPool::leave_if_surplus() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_ || workers_ <= kWorkersMin) return false;
  const auto self = std::find_if(running_.begin(), running_.end(),
                                 [](pthread_t thread) { return ::pthread_equal(thread, ::pthread_self()) != 0; });
  if (self == running_.end()) return false;
  ended_.push_back(*self);
  running_.erase(self);
  --workers_;
  return true;
}

}  // namespace aigw::http
