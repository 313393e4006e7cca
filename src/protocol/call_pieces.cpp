#include "protocol/call_pieces.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/json_read.h"

namespace aigw::protocol {
namespace {

constexpr std::size_t kCallsMax = 1024;  // in one choice; no model means more

// Whether a piece that could go on with the latest call begins another one. `has_index`: it has that call's index.
bool begins_another(const Json& piece, bool has_index, std::string_view latest_id, bool latest_is_complete) {
  const std::string_view id = text_of(piece, "id");
  const Json& callee = callee_of(piece);
  const bool has_name = !text_of(callee, "name").empty();
  // Behind finished arguments nothing of the same call can follow.
  const bool has_next_input = latest_is_complete && !input_of(callee).empty();
  if (has_index) return has_name && (id.empty() ? has_next_input : !latest_id.empty() || has_next_input);
  if (id.empty()) return has_name && latest_is_complete;
  // An id alone may come late, for a call that has none yet.
  return has_name || !latest_id.empty() || has_next_input;
}

}  // namespace

std::optional<std::size_t> CallPieces::place(const Json& piece) {
  const Call* const known = continued(piece);
  const std::optional<std::size_t> number =
      known != nullptr ? std::optional(static_cast<std::size_t>(known - calls_.data())) : begin();
  if (!number) return std::nullopt;
  Call& call = calls_[*number];
  if (known == nullptr) call.index = integer_of(piece, "index");
  if (call.id.empty()) call.id = text_of(piece, "id");
  call.scan.feed(input_of(callee_of(piece)));
  return number;
}

std::optional<std::size_t> CallPieces::begin() {
  if (calls_.size() >= kCallsMax) return std::nullopt;
  calls_.emplace_back();
  return calls_.size() - 1;
}

// Calls are told apart by index, and where servers leave that out or repeat it, by id and name.
const CallPieces::Call* CallPieces::continued(const Json& piece) const {
  const std::string_view id = text_of(piece, "id");
  const std::optional<std::int64_t> index = integer_of(piece, "index");
  if (!id.empty()) {
    if (const Call* const same = find(index, id)) return same;
  }
  const Call* const latest = find(index, {});
  if (latest == nullptr) return nullptr;
  return begins_another(piece, index.has_value(), latest->id, latest->scan.complete()) ? nullptr : latest;
}

// The last call with that index and id; without one of them, any index, any id will do.
const CallPieces::Call* CallPieces::find(std::optional<std::int64_t> index, std::string_view id) const {
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    return (!index || call.index == index) && (id.empty() || call.id == id);
  });
  return found == calls_.rend() ? nullptr : &*found;
}

bool is_custom_call(const Json& piece) { return text_of(piece, "type") == "custom" || has_member(piece, "custom"); }

const Json& callee_of(const Json& piece) { return members_of(piece, is_custom_call(piece) ? "custom" : "function"); }

std::string input_of(const Json& callee) {
  for (const char* name : {"arguments", "input"}) {
    const Json* const input = find_member(callee, name);
    if (input == nullptr || input->is_null()) continue;
    return input->is_string() ? input->get<std::string>() : dump(*input);
  }
  return "";
}

}  // namespace aigw::protocol
