// The response object around the items: what the request says about it and what the provider told
// (protocols.md §10.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/json_box.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

// How far the response has come.
struct Progress {
  std::string_view status = "in_progress";
  std::string_view incomplete_reason;            // "": it is not incomplete
  std::optional<canonical::Usage> usage;         // nothing: null
  JsonBox error;                                 // `{code, message}`; empty: null
};

class ResponseHead {
 public:
  // `rules` outlives it.
  explicit ResponseHead(const canonical::ReplyRules& rules) : rules_(rules) {}

  void begin(const canonical::Begin& begin);

  Json object(const Progress& progress, Json output) const;

  // Of an item at that place: `msg_…_0`. Unique in the response and the same in all its events.
  std::string item_id(std::string_view prefix, std::size_t index) const;

 private:
  const canonical::ReplyRules& rules_;
  std::string name_;  // what follows `resp_` in the id
  std::string model_;
  std::int64_t created_at_ = 0;
  std::string service_tier_;
};

}  // namespace aigw::protocol::responses
