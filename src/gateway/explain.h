// What would be chosen for a request now, and why the others would not: for people who wonder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/live_routes.h"

namespace aigw::gateway {

struct Explanation {
  struct Line {
    const Backend* backend;
    bool available = false;
    std::string reason;  // why not; of those that are available why not at once
  };
  const Backend* chosen = nullptr;  // who is asked, or waited for; null: nobody could be
  std::string why;                  // it is that one, or nobody
  std::vector<Line> providers;      // by priority, then in the order of the config
};

// For a chat completion whose prompt has about so many tokens, by a caller without limits of its own. Takes nobody's turn
// and holds no quota. `model`: as it is asked for. From any thread.
Explanation explain(const LiveRoute& route, const std::string& model, std::int64_t prompt_tokens,
                    config::Strategy strategy);

}  // namespace aigw::gateway
