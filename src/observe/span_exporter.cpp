#include "observe/span_exporter.h"

#include <algorithm>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/header_time.h"
#include "base/text.h"
#include "http/waiter.h"
#include "observe/gzip.h"
#include "observe/log.h"
#include "observe/otlp.h"

namespace aigw::observe {

// What came of a request to the collector.
struct SpanExporter::Outcome {
  std::string fault;      // empty: it took them all
  bool delivered = false;
  bool again = false;     // may succeed later
  Millis hint{0};         // how long the collector wants to be left alone
};

namespace {

constexpr std::size_t kBatchBytesMax = 4 * 1024 * 1024;  // of stories; their JSON stays below the 20 MiB of OTLP
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr int kTriesMax = 6;  // of one batch: a good half minute of a collector that restarts
constexpr Millis kHintMax{10 * 60'000};
constexpr Millis kConnectTimeoutMax{10'000};

bool is_retryable(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

class CollectorAnswer final : public http::AnswerReceiver {
 public:
  bool on_head(int status, const http::Headers& headers) override {
    status_ = status;
    retry_after_ = parse_retry_after(headers.get("Retry-After"), wall_now());
    return true;
  }
  bool on_data(std::string_view bytes) override {
    body_ += bytes.substr(0, kAnswerBytesMax - std::min(kAnswerBytesMax, body_.size()));
    return true;
  }

  int status() const { return status_; }
  bool is_success() const { return status_ >= 200 && status_ < 300; }
  std::optional<Millis> retry_after() const { return retry_after_; }
  const std::string& body() const { return body_; }

 private:
  int status_ = 0;
  std::optional<Millis> retry_after_;
  std::string body_;
};

// What a collector that took the rest says of the spans that it did not take ("Partial Success").
std::string rejection_in(const std::string& body) {
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
  if (!answer.is_object()) return "";
  const auto partial = answer.find("partialSuccess");
  if (partial == answer.end() || !partial->is_object()) return "";
  const auto rejected = partial->find("rejectedSpans");
  if (rejected == partial->end()) return "";
  // As 64-bit numbers stand in protobuf's JSON, or as they should.
  const std::string count = rejected->is_string()            ? rejected->get<std::string>()
                            : rejected->is_number_unsigned() ? std::to_string(rejected->get<std::uint64_t>())
                                                             : "";
  if (parse_uint(count).value_or(0) == 0) return "";
  const auto message = partial->find("errorMessage");
  const bool says_why = message != partial->end() && message->is_string();
  return count + " spans were rejected" + (says_why ? ": " + shorten(message->get<std::string>(), 200) : "");
}

}  // namespace

SpanExporter::SpanExporter(SpanSettings settings, http::Upstream& network, Pace pace)
    : settings_(std::move(settings)), pace_(pace), network_(network), backoff_(pace.backoff_min) {
  log(Level::Info, "Exporting traces", {{"collector", settings_.collector.authority()}});
  thread_ = std::thread([this] { run(); });
}

SpanExporter::~SpanExporter() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, pace_.flush, [this] { return ended_; });
  }
  leash_.cut();
  thread_.join();
  for (Waiting* list : {pending_, offered_.load()}) {
    while (list != nullptr) delete std::exchange(list, list->next);
  }
}

void SpanExporter::offer(std::shared_ptr<const Story> story) {
  if (!samples(story->trace)) return;
  const std::size_t bytes = story->bytes();
  const std::size_t before = waiting_.fetch_add(1);
  const std::size_t bytes_before = waiting_bytes_.fetch_add(bytes);
  const bool has_room = before < settings_.queue_max && bytes_before < kQueueBytesMax;
  auto* const entry = has_room ? new (std::nothrow) Waiting{std::move(story), bytes, nullptr} : nullptr;
  if (entry == nullptr) {
    waiting_.fetch_sub(1);
    waiting_bytes_.fetch_sub(bytes);
    overflown_.fetch_add(1);
    return;
  }
  entry->next = offered_.load(std::memory_order_relaxed);
  while (!offered_.compare_exchange_weak(entry->next, entry, std::memory_order_release, std::memory_order_relaxed)) {
  }
  if (before + 1 != settings_.batch_max) return;  // it may wait, or is on its way already
  const std::lock_guard<std::mutex> lock(mutex_);
  changed_.notify_all();
}

// ---- the thread -----------------------------------------------------------------------------------

void SpanExporter::run() {
  bool goes_on = true;
  while (goes_on) {
    goes_on = wait();
    send();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool SpanExporter::wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, settings_.delay, [this] { return stopping_ || waiting_ >= settings_.batch_max; });
  return !stopping_;
}

void SpanExporter::collect() {
  Waiting* newest = offered_.exchange(nullptr, std::memory_order_acquire);
  while (newest != nullptr) {
    Waiting* const entry = std::exchange(newest, newest->next);
    entry->next = std::exchange(pending_, entry);
  }
}

void SpanExporter::send() try {
  if (pending_ == nullptr) collect();
  while (pending_ != nullptr) {
    const Stories batch = take_batch();
    (deliver(batch) ? sent_ : failed_) += batch.size();
  }
} catch (const std::exception&) {  // no memory: what is pending waits for the next time
}

SpanExporter::Stories SpanExporter::take_batch() {
  Stories batch;
  batch.reserve(std::min(waiting_.load(), settings_.batch_max));
  std::size_t bytes = 0;
  while (pending_ != nullptr && batch.size() < settings_.batch_max && bytes < kBatchBytesMax) {
    const std::unique_ptr<Waiting> entry(std::exchange(pending_, pending_->next));
    bytes += entry->bytes;
    batch.push_back(std::move(entry->story));
  }
  waiting_.fetch_sub(batch.size());
  waiting_bytes_.fetch_sub(bytes);
  return batch;
}

bool SpanExporter::deliver(const Stories& batch) try {
  const std::string body = encode(batch);
  for (int tries = 1;; ++tries) {
    const Outcome outcome = post(body);
    note(outcome);
    note_overflow();
    if (outcome.delivered) return true;
    if (!outcome.again || tries == kTriesMax || !pause(outcome.hint)) return false;
  }
} catch (const std::exception& failure) {  // no memory; the next batch may be smaller
  log(Level::Error, "Traces lost", {{"reason", failure.what()}});
  return false;
}

std::string SpanExporter::encode(const Stories& batch) const {
  std::string body = to_otlp(batch, settings_.resource);
  if (!settings_.gzip) return body;
  std::optional<std::string> packed = gzip(body);
  if (!packed) throw std::bad_alloc();
  return std::move(*packed);
}

SpanExporter::Outcome SpanExporter::post(const std::string& body) {
  http::UpstreamRequest request;
  request.url = &settings_.collector;
  request.path = settings_.path;
  request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "ai-gateway/" GATEWAY_VERSION}};
  if (settings_.gzip) request.headers.add("Content-Encoding", "gzip");
  for (const auto& [name, value] : settings_.headers) request.headers.set(name, value.reveal());
  request.body = {body};
  request.connect_timeout = std::min(settings_.timeout, kConnectTimeoutMax);
  http::Waiter waiter(leash_.fd());
  waiter.set_deadline(steady_now() + settings_.timeout);
  CollectorAnswer answer;
  const Status status = network_.call(request, waiter, answer);

  Outcome outcome;
  if (!status) {
    outcome.fault = status.error().detail;
    outcome.again = true;
  } else if (answer.is_success()) {
    outcome.delivered = true;
    outcome.fault = rejection_in(answer.body());
  } else {
    const bool is_redirect = answer.status() >= 300 && answer.status() < 400;
    outcome.fault = "status " + std::to_string(answer.status()) +
                    (is_redirect ? "; give the address that it leads to" : "");
    outcome.again = is_retryable(answer.status());
    outcome.hint = std::min(answer.retry_after().value_or(Millis{0}), kHintMax);
  }
  return outcome;
}

bool SpanExporter::pause(Millis hint) {
  // Jitter, so that gateways that lost their collector together do not come back together.
  const Millis time = std::max(hint, backoff_ - backoff_ * (new_span_id()[0] % 32) / 100);
  backoff_ = std::min(backoff_ * 2, pace_.backoff_max);
  std::unique_lock<std::mutex> lock(mutex_);
  if (stopping_) return false;
  changed_.wait_for(lock, time, [this] { return stopping_; });
  return true;
}

// ---- what the log is told -------------------------------------------------------------------------

void SpanExporter::note(const Outcome& outcome) {
  const std::string collector = settings_.collector.authority();
  if (outcome.delivered) backoff_ = pace_.backoff_min;
  if (outcome.fault.empty() == !failing_) return;
  failing_ = !failing_;
  if (failing_) {
    dropped_before_ = dropped();
    log(Level::Warning, "Trace export failed", {{"collector", collector}, {"reason", outcome.fault}});
  } else {
    log(Level::Info, "Trace export works again",
        {{"collector", collector}, {"dropped", dropped() - dropped_before_}});
  }
}

void SpanExporter::note_overflow() {
  const std::uint64_t overflown = overflown_;
  const bool grew = overflown != overflown_told_;
  if (grew && !overflowing_) {
    log(Level::Warning, "Dropping traces",
        {{"waiting", settings_.queue_max}, {"reason", "the collector is slower than the requests"}});
  }
  overflown_told_ = overflown;
  overflowing_ = grew || (overflowing_ && failing_);
}

}  // namespace aigw::observe
