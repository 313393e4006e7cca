// What the header X-Gateway-Edits says: which bytes of a client's body were replaced on the way to a provider.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "protocol/envelope.h"

namespace aigw::protocol {

// Some clients and proxies take no header line beyond 8 KiB.
inline constexpr std::size_t kEditReportBytesMax = 8'000;

// `[{"offset":12,"length":7,"text":"\"gpt-4o\""}]`: compact, ASCII only, in the order in which apply() makes the edits,
// offsets and lengths in bytes of the client's body. `too long` where that would be longer than the maximum.
std::string report_edits(const std::vector<Edit>& edits);

}  // namespace aigw::protocol
