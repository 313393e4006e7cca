// Between a stream of chunks and one whole answer, for Chat Completions and legacy Completions
// (protocols.md §13.1 and §13.2). Used where a provider can do only one of the two.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "base/result.h"
#include "protocol/joiner.h"

namespace aigw::protocol {

// Puts one JSON answer together from the chunks of a stream; the names of events say nothing.
class ChunkJoiner : public Joiner {
 public:
  explicit ChunkJoiner(Dialect dialect);  // Chat or Completions
  ~ChunkJoiner() override;
  ChunkJoiner(const ChunkJoiner&) = delete;
  ChunkJoiner& operator=(const ChunkJoiner&) = delete;

  // Error Garbled also for an `error` that says something (rule 8), and for too many tool calls.
  Status add(std::string_view name, std::string_view data) override;

  // Error Broken: the stream ended without `[DONE]` and without a finish reason for every choice (§13.1 rule 8). Error
  // Garbled: it ended without a choice.
  Result<std::string> finish() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The stream that says the same as `answer`: complete `data: …` frames with `data: [DONE]` at the end
// (§13.2). `include_usage`: the usage chunk is written, as a client that asked for it expects.
// Error Garbled: not a JSON object of that dialect, or one without a choice.
Result<std::string> split_chunks(Dialect dialect, std::string_view answer, bool include_usage);

}  // namespace aigw::protocol
