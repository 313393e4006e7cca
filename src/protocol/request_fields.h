// The top-level fields of a client's request, for Chat and Completions alike: each is read once, with its type and
// range checked, and what nobody read is an extra (protocols.md §4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol {

// A member of the wrong type is rejected by its name; null equals absence. Borrows body and notes.
class RequestFields {
 public:
  RequestFields(const Json& body, canonical::Notes& notes) : body_(body), notes_(notes) {}

  // The member, or null if it is absent or null.
  const Json* take(std::string_view name);
  std::string take_text(std::string_view name);  // "" if absent
  std::optional<bool> take_flag(std::string_view name);
  std::optional<std::int64_t> take_count(std::string_view name);  // at least 1
  JsonBox take_number(std::string_view name);
  JsonBox take_number(std::string_view name, double least, double most);
  JsonBox take_object(std::string_view name);

  // The members that were not taken, as extras in Chat's words.
  void take_rest(canonical::Request& request);

  void reject(std::string_view name, std::string_view what);
  canonical::Notes& notes() { return notes_; }

 private:
  const Json& body_;
  canonical::Notes& notes_;
  std::vector<std::string_view> taken_;
};

// What both dialects have: model, sampling, `stop`, `n`, streaming, who asks.
void decode_common_fields(RequestFields& fields, canonical::Request& request);

}  // namespace aigw::protocol
