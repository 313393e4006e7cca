#include "protocol/canonical/extras.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace aigw::protocol::canonical {
namespace {

struct Default {
  std::string_view name;
  std::string_view value;
};
constexpr std::array<Default, 11> kDefaults = {{{"logprobs", "false"},
                                                {"top_logprobs", "0"},
                                                {"frequency_penalty", "0"},
                                                {"presence_penalty", "0"},
                                                {"logit_bias", "{}"},
                                                {"store", "false"},
                                                {"verbosity", "\"medium\""},
                                                {"best_of", "1"},
                                                {"truncation", "\"disabled\""},
                                                {"n", "1"},
                                                {"modalities", "[\"text\"]"}}};

bool is_default(const Extra& extra) {
  return std::any_of(kDefaults.begin(), kDefaults.end(), [&](const Default& one) {
    return one.name == extra.name && *extra.value == Json::parse(one.value);
  });
}

}  // namespace

void drop_extras(const Request& request, Notes& notes) {
  for (const Extra& extra : request.extras) {
    if (!extra.value || extra.value->is_null()) continue;
    if (request.client == Dialect::Chat || !is_default(extra)) notes.drop(extra.client_name);
  }
}

}  // namespace aigw::protocol::canonical
