#include "auth/sessions.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.h"

namespace aigw::auth {

Result<Secret> Sessions::begin(Holder holder, SteadyTime now) {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorKind::Unavailable, "the system gives no random numbers"};
  }
  Secret token(to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  rows_.with([&](Rows& rows) {
    std::erase_if(rows, [&](const auto& row) { return row.second.is_over(now); });
    if (rows.size() >= kCountMax) {
      rows.erase(std::min_element(rows.begin(), rows.end(),
                                  [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    }
    rows.emplace(sha256_hex(token.reveal()), Row{std::move(holder), now, now});
  });
  return token;
}

std::optional<Sessions::Holder> Sessions::find(std::string_view token, SteadyTime now) {
  const std::string digest = sha256_hex(token);
  return rows_.with([&](Rows& rows) -> std::optional<Holder> {
    const auto found = rows.find(digest);
    if (found == rows.end()) return std::nullopt;
    if (found->second.is_over(now)) {
      rows.erase(found);
      return std::nullopt;
    }
    found->second.used = now;
    return found->second.holder;
  });
}

bool Sessions::end(std::string_view token) {
  const std::string digest = sha256_hex(token);
  return rows_.with([&](Rows& rows) { return rows.erase(digest) > 0; });
}

std::size_t Sessions::count() const {
  return rows_.with([](const Rows& rows) { return rows.size(); });
}

}  // namespace aigw::auth
