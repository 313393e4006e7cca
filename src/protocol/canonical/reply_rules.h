// What the way back of a conversion must know of the request: made when the request is encoded, used by the answer's
// adapter and encoders.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/dialect.h"
#include "protocol/json_box.h"

namespace aigw::protocol::canonical {

// The reserved tool that stands for the answer's text where a provider has no output by schema (§4.5).
inline constexpr const char* kJsonTool = "json_response";

struct ReplyRules {
  // For the adapter (canonical/reply_adapter.h).
  std::map<std::string, std::string> tool_names;  // alias → the client's name (§3.4)
  std::set<std::string> custom_tools;             // the client's names of tools whose calls become custom calls again
  bool json_tool = false;                         // calls to kJsonTool are the text
  bool json_tool_wrapped = false;                 // its input is `{"value": …}` around the text
  bool strip_fence = false;                       // a Markdown fence around the whole text is taken off
  bool streams = true;                            // the client gets the answer as it comes, and not at once
  std::vector<std::string> stop;                  // sequences that the gateway itself must look for (§5.4)

  // For the client's encoder.
  std::string model;                  // to show instead of the provider's; "": the provider's own
  std::int64_t now = 0;               // Unix seconds, where a provider tells no time
  bool include_usage = false;         // Chat, Completions: the client asked for the usage chunk
  bool legacy_functions = false;      // Chat: the first call is `function_call`
  bool encrypted_reasoning = false;   // Responses: reasoning items carry encrypted_content
  std::string echo;                   // Completions: what stands before each text
  JsonBox responses_echo;             // Responses: the request's members that the answer repeats (§10.4)
};

}  // namespace aigw::protocol::canonical
