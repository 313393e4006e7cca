#include "protocol/chat/chunk_writer.h"

#include <nlohmann/json.hpp>

#include "protocol/chat/usage.h"

namespace aigw::protocol::chat {

void ChunkWriter::begin(const Json& head) {
  start_ = "data: " + dump(head);
  start_.back() = ',';  // in place of the brace
}

void ChunkWriter::write(std::string_view members, std::string_view logprobs, std::string_view finish) {
  frames_ += start_;
  frames_ += "\"choices\":[{";
  frames_ += members;
  frames_ += ",\"logprobs\":";
  frames_ += logprobs;
  frames_ += ",\"finish_reason\":";
  frames_ += finish;
  frames_ += include_usage_ ? "}],\"usage\":null}\n\n" : "}]}\n\n";
}

void ChunkWriter::end(const std::optional<canonical::Usage>& usage) {
  if (include_usage_ && usage) {
    frames_ += start_ + "\"choices\":[],\"usage\":" + dump(write_usage(*usage)) + "}\n\n";
  }
  frames_ += "data: [DONE]\n\n";
}

}  // namespace aigw::protocol::chat
