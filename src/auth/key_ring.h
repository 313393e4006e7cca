// All keys that may be sent, found by their secret.
//
// A look-up hashes what was sent and asks a hash table for that: it takes as long for one key as for ten thousand, and
// for a wrong secret as for a right one. The table's own hash has a random number in it, made with the ring: who can
// measure time, and knows the SHA-256 of his guess, still does not know which entries it is compared with.
//
// Immutable; any thread may ask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "config/key.h"

namespace aigw::auth {

class KeyRing {
 public:
  // Of two keys with the same digest or name the first counts. Throws std::runtime_error when the system has no random
  // numbers, which it never lacks once it has booted.
  explicit KeyRing(std::vector<config::Key> keys);
  KeyRing(const KeyRing&) = delete;  // names_ points into keys_
  KeyRing& operator=(const KeyRing&) = delete;

  const std::vector<config::Key>& keys() const { return keys_; }

  // The key with this secret, as an index into keys(): expired and disabled ones too, but no secret whose grace after a
  // rotation is over at `now`.
  std::optional<std::size_t> find(std::string_view secret, WallTime now) const;
  // The same by what is kept of a secret (config::KeyDigest).
  std::optional<std::size_t> find_digest(std::string_view digest, WallTime now) const;
  std::optional<std::size_t> find_name(std::string_view name) const;

 private:
  using Hash = std::array<unsigned char, 32>;  // SHA-256 of random_ and the digest
  struct FirstBytes {
    std::size_t operator()(const Hash& hash) const noexcept;
  };
  struct SameInConstantTime {
    bool operator()(const Hash& a, const Hash& b) const noexcept;
  };
  struct Row {
    std::size_t key;
    std::optional<WallTime> until;
  };
  Hash hash_of(std::string_view digest) const;

  const std::vector<config::Key> keys_;
  std::array<unsigned char, 32> random_{};
  std::unordered_map<Hash, Row, FirstBytes, SameInConstantTime> rows_;
  std::unordered_map<std::string_view, std::size_t> names_;
};

}  // namespace aigw::auth
