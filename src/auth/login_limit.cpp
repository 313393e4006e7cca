#include "auth/login_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/text.h"

namespace aigw::auth {

std::optional<Millis> LoginLimit::refuse(std::string_view address, SteadyTime now) {
  const std::string network = network_of(address);
  return rows_.with([&](Rows& rows) -> std::optional<Millis> {
    if (rows.count(network) == 0 && rows.size() >= kNetworksMax) {
      std::erase_if(rows, [&](const auto& row) { return now - row.second.began >= kWindow; });
      if (rows.size() >= kNetworksMax) {
        rows.erase(std::min_element(rows.begin(), rows.end(),
                                    [](const auto& a, const auto& b) { return a.second.began < b.second.began; }));
      }
    }
    Row& row = rows[network];
    if (row.tries == 0 || now - row.began >= kWindow) row = {0, now};
    if (row.tries >= kFailuresMax) return millis_of(row.began + kWindow - now);
    ++row.tries;
    return std::nullopt;
  });
}

void LoginLimit::succeeded(std::string_view address) {
  const std::string network = network_of(address);
  rows_.with([&](Rows& rows) { rows.erase(network); });
}

std::string network_of(std::string_view address) {
  const std::string text(address);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  const std::string_view bytes(reinterpret_cast<const char*>(v6.s6_addr), sizeof v6.s6_addr);
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);  // an IPv4 address on a socket for both
  if (starts_with(bytes, kMapped)) return std::string(bytes);
  return std::string(bytes.substr(0, 8));
}

}  // namespace aigw::auth
