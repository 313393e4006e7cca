#include "observe/batch_sink.h"

#include <cstdio>
#include <exception>

#include <spdlog/pattern_formatter.h>

namespace aigw::observe {

BatchSink::BatchSink(std::vector<spdlog::sink_ptr> targets)
    : targets_(std::move(targets)), formatter_(std::make_unique<spdlog::pattern_formatter>()) {
  // The lines arrive formatted, with their ends.
  for (const spdlog::sink_ptr& target : targets_) {
    target->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::local, std::string()));
  }
  writer_ = std::thread([this] { run(); });
}

BatchSink::~BatchSink() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void BatchSink::log(const spdlog::details::log_msg& message) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (gathered_.size() > kBytesMax) {
      ++dropped_;
      return;
    }
    first = gathered_.empty();
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    gathered_.append(line.data(), line.size());
  }
  // The writer has work from the first line on; those that follow within the gathering time go along.
  if (first) changed_.notify_one();
}

void BatchSink::set_pattern(const std::string& pattern) {
  set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
}

void BatchSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  formatter_ = std::move(formatter);
}

void BatchSink::run() {
  try {
    write_batches();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "ai-gateway: the log ended: %s\n", failure.what());
  }
}

void BatchSink::write_batches() {
  std::string lines;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !gathered_.empty(); });
    changed_.wait_for(lock, kGatherTime, [this] { return stopping_; });
    if (gathered_.empty() && stopping_) return;
    lines.clear();
    lines.swap(gathered_);
    if (dropped_ > 0) {
      const std::string text = "Dropped log lines count=" + std::to_string(dropped_);
      spdlog::memory_buf_t line;
      formatter_->format(spdlog::details::log_msg("gateway", spdlog::level::warn, text), line);
      lines.append(line.data(), line.size());
      dropped_ = 0;
    }
    lock.unlock();
    write(lines);
    lock.lock();
  }
}

void BatchSink::write(const std::string& lines) {
  const spdlog::details::log_msg message("gateway", spdlog::level::info, lines);
  for (const spdlog::sink_ptr& target : targets_) {
    try {
      target->log(message);
      target->flush();
    } catch (const std::exception&) {
      // A full disk must not stop traffic, and there is nowhere left to report it: the other targets go on.
    }
  }
}

}  // namespace aigw::observe
