#include "base/address.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw {

TEST_SUITE("base/address") {

TEST_CASE("a block contains the addresses that share its prefix") {
  struct Row {
    std::string block;
    std::string address;
    bool want;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.1.2.3/8", "10.9.9.9", true},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"192.168.1.7", "192.168.1.7", true},
      {"192.168.1.7", "192.168.1.8", false},
      {"192.168.1.7", "::ffff:192.168.1.7", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::1", "::1", true},
      {"::1", "localhost", false},
      {"::1", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.block);
    CAPTURE(row.address);
    const Result<IpBlock> block = IpBlock::parse(row.block);
    REQUIRE(block.has_value());
    CHECK(block->contains(row.address) == row.want);
  }
}

TEST_CASE("what is no address or block is refused") {
  struct Row {
    std::string text;
    std::string want;
  };
  constexpr const char* kNoAddress = "not an IP address or a block like 10.0.0.0/8";
  const Row rows[] = {
      {"", kNoAddress},
      {"10.0.0", kNoAddress},
      {"10.0.0.256", kNoAddress},
      {"example.com", kNoAddress},
      {"[::1]", kNoAddress},
      {"fe80::1%eth0", kNoAddress},
      {std::string("::1\0", 4), kNoAddress},
      {"10.0.0.0/33", "the number after the slash must be from 0 to 32"},
      {"10.0.0.0/", "the number after the slash must be from 0 to 32"},
      {"10.0.0.0/-1", "the number after the slash must be from 0 to 32"},
      {"::/129", "the number after the slash must be from 0 to 128"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<IpBlock> block = IpBlock::parse(row.text);
    REQUIRE_FALSE(block.has_value());
    CHECK(block.error().detail == row.want);
  }
}

TEST_CASE("a host is local when it is reached without the internet") {
  for (const std::string host :
       {"localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "172.16.0.1",
        "192.168.178.20", "169.254.1.1", "fd12::1", "fe80::1", "::ffff:10.0.0.1", "ollama", "my_box", "gpu.local",
        "gpu.lan", "GPU.Home", "host.docker.internal", "nas.lan."}) {
    CAPTURE(host);
    CHECK(is_local_host(host));
  }
  for (const std::string host : {"", ".", "example.com", "8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:db8::1",
                                 ".local", "local.example.com", "notlan.com", "x.mylan"}) {
    CAPTURE(host);
    CHECK_FALSE(is_local_host(host));
  }
}

}  // TEST_SUITE

}  // namespace aigw
