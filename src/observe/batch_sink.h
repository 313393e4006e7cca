// A spdlog sink that gathers lines in memory and has a thread of its own pass them on, many at a time.
//
// spdlog's own asynchronous logger wakes its thread for each line and writes each line to each sink by itself; at
// thousands of requests a second that costs as much as answering them. Here a line costs its formatting and a copy.
// For observe/log.cpp alone.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/sinks/base_sink.h>

namespace aigw::observe {

class BatchSink : public spdlog::sinks::sink {
 public:
  explicit BatchSink(std::vector<spdlog::sink_ptr> targets);
  ~BatchSink() override;  // writes what has been gathered

  // From any thread. Lines beyond kBytesMax that the targets were too slow for are dropped, and counted in the log.
  void log(const spdlog::details::log_msg& message) override;
  void flush() override {}  // a batch is flushed as it is written
  void set_pattern(const std::string& pattern) override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

 private:
  static constexpr std::size_t kBytesMax = 4 * 1024 * 1024;
  static constexpr std::chrono::milliseconds kGatherTime{10};

  void run();
  void write_batches();
  void write(const std::string& lines);

  const std::vector<spdlog::sink_ptr> targets_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<spdlog::formatter> formatter_;
  std::string gathered_;
  std::size_t dropped_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace aigw::observe
