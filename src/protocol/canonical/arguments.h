// Arguments of tool calls, which models write and sometimes do not finish.
#pragma once

#include <string_view>

#include "protocol/json_tree.h"

namespace aigw::protocol::canonical {

// Of a call in the history, as the object that Messages and Gemini want (protocols.md §4.3): blank text gives `{}`,
// another JSON value `{"value":v}`, text that is no JSON `{"_raw":"…"}`. Never fails.
Json arguments_object(std::string_view arguments);

// Of a call in an answer (§8): blank text gives `{}`; text that is no JSON gives the longest prefix that completes to
// an object (open strings, arrays, objects closed; a dangling key dropped), else `{}`; another value `{"value":v}`.
Json completed_arguments(std::string_view arguments);

// Watches arguments that come in fragments: whether what came so far is one complete JSON value. Linear; holds no text.
class ArgumentsScan {
 public:
  void feed(std::string_view fragment);
  // Objects, arrays and strings end by themselves; numbers and words never count as complete.
  bool complete() const { return complete_; }
  bool begun() const { return begun_; }

 private:
  bool begun_ = false;
  bool complete_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  int depth_ = 0;
};

}  // namespace aigw::protocol::canonical
