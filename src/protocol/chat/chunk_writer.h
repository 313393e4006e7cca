// The chunks of a stream in the form of Chat and Completions: what stands around a choice, and how the stream ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

class ChunkWriter {
 public:
  // Appends to `frames`, which outlives it. `include_usage`: the client asked for the chunk of usage.
  ChunkWriter(std::string& frames, bool include_usage) : frames_(frames), include_usage_(include_usage) {}

  // The object of members that all chunks begin with. Goes before all else.
  void begin(const Json& head);

  // A chunk of one choice. `members` are those that the dialects differ in, as JSON text without braces; `logprobs` and
  // `finish`, the finish reason, are JSON values.
  void write(std::string_view members, std::string_view logprobs, std::string_view finish);

  void end(const std::optional<canonical::Usage>& usage);

 private:
  std::string& frames_;
  const bool include_usage_;
  std::string start_;  // of each chunk, up to its choices
};

}  // namespace aigw::protocol::chat
