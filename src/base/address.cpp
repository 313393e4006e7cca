#include "base/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <optional>
#include <string>

#include "base/text.h"

namespace aigw {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr int kMappedBits = 96;  // what stands before an IPv4 address in its IPv6 form (RFC 4291 section 2.5.5.2)

struct Address {
  Bytes bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  Address address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) != 1) return std::nullopt;
  address.is_v4 = true;
  address.bytes[10] = 0xff;
  address.bytes[11] = 0xff;
  std::memcpy(&address.bytes[12], &v4, sizeof v4);
  return address;
}

IpBlock known_block(std::string_view text) { return IpBlock::parse(text).value(); }

}  // namespace

bool is_ip_address(std::string_view text) { return parse_address(text).has_value(); }

Result<IpBlock> IpBlock::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return invalid("not an IP address or a block like 10.0.0.0/8");
  if (slash == std::string_view::npos) return IpBlock(address->bytes, 128);
  const int bits_max = address->is_v4 ? 32 : 128;
  const auto bits = parse_uint(text.substr(slash + 1));
  if (!bits || *bits > static_cast<std::uint64_t>(bits_max)) {
    return invalid("the number after the slash must be from 0 to " + std::to_string(bits_max));
  }
  return IpBlock(address->bytes, static_cast<int>(*bits) + (address->is_v4 ? kMappedBits : 0));
}

bool IpBlock::contains(std::string_view address) const {
  const auto other = parse_address(address);
  if (!other) return false;
  const auto whole_bytes = static_cast<std::size_t>(prefix_bits_ / 8);
  if (!std::equal(bytes_.begin(), bytes_.begin() + whole_bytes, other->bytes.begin())) return false;
  const int left_bits = prefix_bits_ % 8;
  return left_bits == 0 || (bytes_[whole_bytes] ^ other->bytes[whole_bytes]) >> (8 - left_bits) == 0;
}

bool is_local_host(std::string_view host) {
  static const std::array<IpBlock, 8> kLocalBlocks = {
      known_block("127.0.0.0/8"), known_block("10.0.0.0/8"), known_block("172.16.0.0/12"),
      known_block("192.168.0.0/16"), known_block("169.254.0.0/16"),
      known_block("::1"), known_block("fc00::/7"), known_block("fe80::/10")};
  constexpr std::array<std::string_view, 5> kLocalDomains = {".localhost", ".local", ".lan", ".home", ".internal"};

  if (is_ip_address(host)) {
    return std::any_of(kLocalBlocks.begin(), kLocalBlocks.end(),
                       [&](const IpBlock& block) { return block.contains(host); });
  }
  std::string name = lower(host);
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (name.empty()) return false;
  if (!aigw::contains(name, ".")) return true;
  return std::any_of(kLocalDomains.begin(), kLocalDomains.end(), [&](std::string_view domain) {
    return name.size() > domain.size() && name.substr(name.size() - domain.size()) == domain;
  });
}

}  // namespace aigw
