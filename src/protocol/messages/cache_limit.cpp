#include "protocol/messages/cache_limit.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "protocol/json_read.h"

namespace aigw::protocol::messages {
namespace {

constexpr std::size_t kMarksMax = 4;
constexpr const char* kMark = "cache_control";

Json* list_of(Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

// The marked blocks of a list, in the order of the prompt: what stands inside a block is read before its end.
void collect(Json* list, std::vector<Json*>& marked) {
  if (list == nullptr) return;
  for (Json& block : *list) {
    if (!block.is_object()) continue;
    collect(list_of(block, "content"), marked);
    if (block.contains(kMark)) marked.push_back(&block);
  }
}

}  // namespace

void limit_cache_marks(Json& body) {
  std::vector<Json*> ahead;
  collect(list_of(body, "tools"), ahead);
  collect(list_of(body, "system"), ahead);
  std::vector<Json*> later;
  collect(list_of(body, "messages"), later);
  std::size_t left = kMarksMax;
  for (std::vector<Json*>* marked : {&ahead, &later}) {
    for (auto block = marked->rbegin(); block != marked->rend(); ++block) {
      if (left == 0) (*block)->erase(kMark);
      if (left > 0) --left;
    }
  }
}

}  // namespace aigw::protocol::messages
