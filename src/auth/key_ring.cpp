#include "auth/key_ring.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "auth/key_secret.h"

namespace aigw::auth {

KeyRing::KeyRing(std::vector<config::Key> keys) : keys_(std::move(keys)) {
  if (RAND_bytes(random_.data(), static_cast<int>(random_.size())) != 1) {
    throw std::runtime_error("the system gives no random numbers");
  }
  rows_.reserve(keys_.size());
  names_.reserve(keys_.size());
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    names_.emplace(keys_[i].name, i);
    for (const config::KeyDigest& digest : keys_[i].digests) {
      rows_.emplace(hash_of(digest.sha256), Row{i, digest.until});
    }
  }
}

std::optional<std::size_t> KeyRing::find(std::string_view secret, WallTime now) const {
  return find_digest(digest_of(secret), now);
}

std::optional<std::size_t> KeyRing::find_digest(std::string_view digest, WallTime now) const {
  const auto found = rows_.find(hash_of(digest));
  if (found == rows_.end()) return std::nullopt;
  const Row& row = found->second;
  if (row.until && now >= *row.until) return std::nullopt;
  return row.key;
}

std::optional<std::size_t> KeyRing::find_name(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

KeyRing::Hash KeyRing::hash_of(std::string_view digest) const {
  std::array<unsigned char, 96> bytes{};  // a digest has 64 digits: nothing is cut off
  std::copy(random_.begin(), random_.end(), bytes.begin());
  std::copy_n(digest.begin(), std::min(digest.size(), bytes.size() - random_.size()), bytes.begin() + random_.size());
  Hash hash{};
  SHA256(bytes.data(), bytes.size(), hash.data());
  return hash;
}

std::size_t KeyRing::FirstBytes::operator()(const Hash& hash) const noexcept {
  std::size_t bytes = 0;
  std::memcpy(&bytes, hash.data(), sizeof bytes);
  return bytes;
}

bool KeyRing::SameInConstantTime::operator()(const Hash& a, const Hash& b) const noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace aigw::auth
