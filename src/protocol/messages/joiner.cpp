#include "protocol/messages/joiner.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/messages/block_joiner.h"
#include "protocol/messages/events.h"

namespace aigw::protocol::messages {
namespace {

class MessageJoiner : public Joiner {
 public:
  Status add(std::string_view name, std::string_view data) override;
  Result<std::string> finish() override;

 private:
  Status begin(const Json& event);
  void open(const Json& event);
  void note_ending(const Json& event);

  bool begun_ = false;
  bool ended_ = false;  // message_stop came
  Json message_ = Json::object();
  std::vector<BlockJoiner> blocks_;           // in order of opening
  std::map<std::int64_t, std::size_t> open_;  // index → place in blocks_
};

Status MessageJoiner::add(std::string_view name, std::string_view data) {
  data = trim(data);
  if (ended_ || data == "[DONE]") return Done{};
  const Result<Json> event = parse_object(data);
  if (!event) return event.error();
  const std::string_view type = event_type(name, *event);
  if (is_error(type, *event)) {
    return Error{ErrorKind::Garbled, "the stream carries an error: " + shorten(dump(*event), 300)};
  }
  if (type == "message_start") return begin(*event);
  if (type == "content_block_start") {
    open(*event);
  } else if (type == "content_block_delta") {
    const auto found = open_.find(index_of(*event));
    if (found != open_.end()) blocks_[found->second].add(members_of(*event, "delta"));
  } else if (type == "content_block_stop") {
    open_.erase(index_of(*event));
  } else if (type == "message_delta") {
    note_ending(*event);
  } else if (type == "message_stop") {
    ended_ = true;
  }
  return Done{};
}

Status MessageJoiner::begin(const Json& event) {
  const Json& message = members_of(event, "message");
  if (!begun_) {
    message_ = message;
  } else if (text_of(message, "id") != text_of(message_, "id")) {
    return Error{ErrorKind::Garbled, "a second message began inside the first one"};
  }
  begun_ = true;
  return Done{};
}

// A server that gives several blocks one index means the latest.
void MessageJoiner::open(const Json& event) {
  open_[index_of(event)] = blocks_.size();
  blocks_.emplace_back(members_of(event, "content_block"));
}

void MessageJoiner::note_ending(const Json& event) {
  for (const auto& [name, value] : event.items()) {
    if (name == "type" || name == "delta" || name == "usage") continue;
    message_[name] = value;
  }
  for (const auto& [name, value] : members_of(event, "delta").items()) {
    if (!value.is_null() || !message_.contains(name)) message_[name] = value;
  }
  const Json& counts = members_of(event, "usage");
  if (counts.empty()) return;
  Json& usage = message_["usage"];
  if (!usage.is_object()) usage = Json::object();
  for (const auto& [name, value] : counts.items()) {
    if (!value.is_null() || !usage.contains(name)) usage[name] = value;
  }
}

Result<std::string> MessageJoiner::finish() {
  if (!begun_ || text_of(message_, "stop_reason").empty()) {
    return Error{ErrorKind::Broken, "the stream ended before the answer was complete"};
  }
  Json& content = message_["content"];
  if (!content.is_array()) content = Json::array();
  for (BlockJoiner& block : blocks_) content.push_back(std::move(block).finish());
  blocks_.clear();
  return dump(message_);
}

}  // namespace

std::unique_ptr<Joiner> joiner() { return std::make_unique<MessageJoiner>(); }

}  // namespace aigw::protocol::messages
