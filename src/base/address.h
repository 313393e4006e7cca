// IP addresses and blocks of them (`10.0.0.0/8`, `fd00::/8`), and which hosts are at home.
//
// IPv4 is kept in its IPv6 form (`::ffff:a.b.c.d`), so that a dual-stack socket, which reports an IPv4 client
// that way, and a plain one match the same blocks. Zone ids (`fe80::1%eth0`) are refused.
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"

namespace aigw {

// IPv4 in four decimal parts, or IPv6 without brackets.
bool is_ip_address(std::string_view text);

class IpBlock {
 public:
  // An address alone is a block of one. Bits behind the prefix are ignored, as in `10.1.2.3/8`.
  static Result<IpBlock> parse(std::string_view text);

  // False for a text that is no address.
  bool contains(std::string_view address) const;

 private:
  using Bytes = std::array<unsigned char, 16>;
  IpBlock(const Bytes& bytes, int prefix_bits) : bytes_(bytes), prefix_bits_(prefix_bits) {}

  Bytes bytes_;
  int prefix_bits_;  // 0..128
};

// A host that is reached without the internet: localhost, loopback, private (RFC 1918, RFC 4193) and link-local
// addresses, names without a dot, and names under .localhost, .local, .lan, .home and .internal.
bool is_local_host(std::string_view host);

}  // namespace aigw
