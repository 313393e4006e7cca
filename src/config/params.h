// How a provider's request bodies are adapted (`"params": {...}`).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace aigw::config {

// Top-level members of the body that goes to the provider, after conversion. Values are JSON text as in the file.
struct Params {
  std::vector<std::string> drop;                  // left out
  std::map<std::string, std::string> rename;      // old name → new name
  std::map<std::string, std::string> set;         // name → value, whatever the client sent
  std::map<std::string, std::string> defaults;    // name → value where the client sent none
  bool empty() const { return drop.empty() && rename.empty() && set.empty() && defaults.empty(); }
  bool operator==(const Params&) const = default;
};

}  // namespace aigw::config
