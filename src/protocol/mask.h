// Hides what a provider's error may tell of the gateway's own side: credentials, internal URLs and host names
// (protocols.md §14.2).
//
// A pure function, from any thread. It works on words and knows the common forms only: a credential that is known is
// to be replaced before.
#pragma once

#include <string>
#include <string_view>

namespace aigw::protocol {

// `message` with `***` in place of
// - keys and tokens: by their vendors' prefixes (`sk-…`, `AIza…`, …), behind `Bearer`, `api_key=`, `API key provided:`
//   and the like, and letters mixed with digits that are too long for a word (32 and more);
// - URLs and hosts that are reached without the internet: is_local_host, names in clusters, names with a port. Other
//   URLs stay, without user, password and credentials in the query.
std::string masked(std::string_view message);

}  // namespace aigw::protocol
