// Tokens as Messages counts them (protocols.md §3.9): `input_tokens` is only the part of the prompt that no cache had.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The counts of one answer, from one `usage` object or from the several of a stream. Negative and absurd counts of a
// provider are put into range, so that sums can't overflow.
class UsageCounts {
 public:
  // Each count that is there replaces the one noted: they are cumulative (§7). An empty object notes nothing.
  void note(const Json& usage);

  // Nothing before the first note.
  std::optional<canonical::Usage> total() const;

 private:
  bool noted_ = false;
  std::int64_t input_ = 0;
  std::int64_t cache_read_ = 0;
  std::optional<std::int64_t> cache_write_;  // absent where only the split by lifetime is told
  std::optional<std::int64_t> cache_write_5m_;
  std::optional<std::int64_t> cache_write_1h_;
  std::int64_t output_ = 0;
  std::int64_t thinking_ = 0;
};

// The `usage` object of a message; all four counts are there, and the split by lifetime where it is known.
Json usage_object(const canonical::Usage& usage);

}  // namespace aigw::protocol::messages
