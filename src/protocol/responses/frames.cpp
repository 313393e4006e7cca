#include "protocol/responses/frames.h"

#include <nlohmann/json.hpp>

#include "protocol/json_string.h"

namespace aigw::protocol::responses {
namespace {

// `,"content_index":0`
std::string index_member(Inside inside) {
  std::string member(",\"");
  member.append(inside.name).append("\":").append(std::to_string(inside.number));
  return member;
}

}  // namespace

void Frames::write(std::string_view type, std::initializer_list<std::string_view> members) {
  if (out_ == nullptr) return;
  out_->append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
  out_->append("\",\"sequence_number\":").append(std::to_string(next_++));
  for (const std::string_view piece : members) out_->append(piece);
  out_->append("}\n\n");
}

void Frames::write_response(std::string_view type, const Json& response) {
  write(type, {",\"response\":", dump(response)});
}

ItemFrames::ItemFrames(Frames& frames, std::string_view item_id, std::size_t output_index)
    : frames_(&frames),
      place_(",\"item_id\":" + quote(item_id)),
      output_(",\"output_index\":" + std::to_string(output_index)) {
  place_ += output_;
}

void ItemFrames::added(const Json& item) {
  frames_->write("response.output_item.added", {output_, ",\"item\":", dump(item)});
}

void ItemFrames::done(const Json& item) {
  frames_->write("response.output_item.done", {output_, ",\"item\":", dump(item)});
}

void ItemFrames::write_text(std::string_view type, Inside inside, std::string_view member, std::string_view value,
                            std::string_view more) {
  frames_->write(type, {place_, index_member(inside), ",\"", member, "\":", quote(value), more});
}

void ItemFrames::write_text(std::string_view type, std::string_view member, std::string_view value,
                            std::string_view more) {
  frames_->write(type, {place_, ",\"", member, "\":", quote(value), more});
}

void ItemFrames::write_json(std::string_view type, Inside inside, std::string_view member, const Json& value,
                            std::string_view more) {
  frames_->write(type, {place_, index_member(inside), ",\"", member, "\":", dump(value), more});
}

std::string logprobs_member(const Json* logprobs) {
  return ",\"logprobs\":" + (logprobs != nullptr && logprobs->is_array() ? dump(*logprobs) : "[]");
}

}  // namespace aigw::protocol::responses
