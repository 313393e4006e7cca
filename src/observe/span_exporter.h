// Sends the spans of exchanges to a trace collector (OTLP over HTTP, in JSON), behind the back of the requests.
//
// Stories wait in a queue, bounded in number and in bytes, for others, at most `delay`, and go out in batches from a
// thread of its own. What is answered with 429, 502, 503 or 504, or not at all, is tried again, ever later (the OTLP
// specification's "Retryable Response Codes" and "OTLP/HTTP Throttling"); what is refused otherwise is dropped. While
// the collector is dead or slow, the queue fills and what it can't take is dropped: requests notice nothing. The log is
// told of each change of state, once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/leash.h"
#include "http/upstream.h"
#include "observe/span_settings.h"
#include "observe/story.h"
#include "observe/trace_sampler.h"

namespace aigw::observe {

class SpanExporter {
 public:
  struct Pace {
    Millis backoff_min{1'000};  // before a second try; doubles with each that fails, until one succeeds
    Millis backoff_max{30'000};
    Millis flush{2'000};        // for what still waits at the end
  };

  // Starts the thread. `network` outlives this object. Throws std::system_error if it can't.
  SpanExporter(SpanSettings settings, http::Upstream& network, Pace pace);
  SpanExporter(SpanSettings settings, http::Upstream& network) : SpanExporter(std::move(settings), network, Pace()) {}
  // Sends what waits, as far as that gets within `flush`.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  // Whether spans of this trace are exported: its `sampled` flag from here on.
  bool samples(const TraceContext& context) const { return observe::samples(settings_.sampler, context); }

  static constexpr std::size_t kQueueBytesMax = 64 * 1024 * 1024;  // stories may hold what was said

  // Queues the story, if it is sampled. From any thread; never waits, and takes a lock only with the one that fills a
  // batch.
  void offer(std::shared_ptr<const Story> story);

  // Exchanges whose spans the collector took, and that it will never see. From any thread.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t dropped() const { return overflown_ + failed_; }

 private:
  using Stories = std::vector<std::shared_ptr<const Story>>;
  struct Waiting {
    std::shared_ptr<const Story> story;
    std::size_t bytes;
    Waiting* next;
  };
  struct Outcome;

  // The rest is the thread's own.
  void run();
  bool wait();     // until there is something to do; false: the end has come
  void collect();  // what was offered; precondition: nothing is pending
  void send();     // all that is pending
  Stories take_batch();
  bool deliver(const Stories& batch);  // with further tries; false: it is dropped
  std::string encode(const Stories& batch) const;
  Outcome post(const std::string& body);
  bool pause(Millis hint);  // before another try; false: there is no time for one
  void note(const Outcome& outcome);
  void note_overflow();

  const SpanSettings settings_;
  const Pace pace_;
  http::Upstream& network_;

  // Shared by all threads.
  std::atomic<Waiting*> offered_{nullptr};  // newest first
  std::atomic<std::size_t> waiting_{0};        // offered and pending
  std::atomic<std::size_t> waiting_bytes_{0};  // of them
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> overflown_{0};
  std::atomic<std::uint64_t> failed_{0};

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  bool ended_ = false;

  http::Leash leash_;  // of the call under way

  // The thread's own.
  Waiting* pending_ = nullptr;  // oldest first
  Millis backoff_{0};
  bool failing_ = false;
  bool overflowing_ = false;
  std::uint64_t overflown_told_ = 0;
  std::uint64_t dropped_before_ = 0;  // the failing began

  std::thread thread_;
};

}  // namespace aigw::observe
