// SIGKILL for a process that changes keys, and what the next one finds.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "auth/key_ring.h"
#include "auth/key_store.h"
#include "base/timestamp.h"
#include "config/temporary_folder.h"

namespace aigw::auth {
namespace {

// What the child tells of a change that has returned.
struct Told {
  char what = 0;  // `c`reate, `r`otate, re`m`ove, chan`g`e
  int key = 0;
  std::array<char, 64> secret{};
};

WallTime now() { return *parse_timestamp("2026-11-21T12:00:00Z"); }

std::string name_of(int key) { return "key-" + std::to_string(key); }

// In the child: four changes a key, without end; of every second key the last one is its removal.
[[noreturn]] void change_until_killed(const std::filesystem::path& file, int report) {
  auto store = KeyStore::open(file);
  if (!store) ::_exit(1);
  const auto tell = [&](char what, int key, const Result<KeyStore::Change>& change) {
    if (!change) ::_exit(2);
    Told told{what, key, {}};
    change->secret.reveal().copy(told.secret.data(), told.secret.size() - 1);
    if (::write(report, &told, sizeof told) != sizeof told) ::_exit(3);
  };
  for (int key = static_cast<int>((*store)->keys().size()) * 10;; ++key) {
    tell('c', key, (*store)->create(name_of(key), R"({"owner":"anna"})", now()));
    tell('r', key, (*store)->rotate(name_of(key), Millis(0), now()));
    tell('g', key, (*store)->change(name_of(key), R"({"owner":"ben"})"));
    if (key % 2 == 1) tell('m', key, (*store)->remove(name_of(key)));
  }
}

// What the keys must be like, as far as it was told.
struct Known {
  std::string owner;
  std::string secret;  // empty: made as the child was killed, which told nobody
};
using KnownKeys = std::map<int, Known>;

void note(KnownKeys& known, const Told& told) {
  if (told.what == 'c') known[told.key] = {"anna", told.secret.data()};
  if (told.what == 'r') known[told.key].secret = told.secret.data();
  if (told.what == 'g') known[told.key].owner = "ben";
  if (told.what == 'm') known.erase(told.key);
}

// The change after `last` was under way when the child was killed: it has happened whole, or not at all. Notes which.
void settle_last(KnownKeys& known, const KeyRing& ring, const Told& last) {
  const bool next_is_other = last.what == 'm' || (last.what == 'g' && last.key % 2 == 0);
  const int key = next_is_other ? last.key + 1 : last.key;
  const auto index = ring.find_name(name_of(key));
  if (next_is_other && index) known[key] = {"anna", ""};
  if (last.what == 'g' && !next_is_other && !index) known.erase(key);
  if (last.what == 'c' && index && !ring.find(last.secret.data(), now())) known[key].secret.clear();
  if (last.what == 'r' && index && ring.keys()[*index].owner == "ben") known[key].owner = "ben";
}

void check_keys(const KnownKeys& known, const KeyRing& ring) {
  CHECK(ring.keys().size() == known.size());
  for (const auto& entry : known) {  // not taken apart: clang 14 can't CAPTURE the parts
    const std::string name = name_of(entry.first);
    CAPTURE(name);
    const auto index = ring.find_name(name);
    REQUIRE(index);
    CHECK(ring.keys()[*index].owner == entry.second.owner);
    const std::string& secret = entry.second.secret;
    if (!secret.empty()) CHECK(ring.find(secret, now()) == index);
  }
}

// Starts the child, kills it somewhere after `changes` reports, notes all of them and gives the last.
Told run_and_kill(const std::filesystem::path& file, int changes, useconds_t later, KnownKeys& known) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    change_until_killed(file, ends[1]);
  }
  ::close(ends[1]);
  Told last;
  int count = 0;
  for (Told told; ::read(ends[0], &told, sizeof told) == sizeof told; last = told) {
    note(known, told);
    if (++count != changes) continue;
    ::usleep(later);  // to hit any place of a change
    REQUIRE(::kill(child, SIGKILL) == 0);
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return last;
}

TEST_SUITE("auth/key_store") {
  TEST_CASE("after SIGKILL the file is whole and has every change that returned") {
    const config::TemporaryFolder folder;
    const std::filesystem::path file = folder.path() + "/keys.json";
    std::mt19937 random(7);
    KnownKeys known;
    for (int round = 0; round < 25; ++round) {
      CAPTURE(round);
      const int changes = 1 + static_cast<int>(random() % 9);
      const Told last = run_and_kill(file, changes, static_cast<useconds_t>(random() % 3'000), known);
      const auto store = KeyStore::open(file);
      REQUIRE_MESSAGE(store, (store ? "" : store.error().detail));
      const KeyRing ring((*store)->keys());
      settle_last(known, ring, last);
      check_keys(known, ring);
    }
  }
}

}  // namespace
}  // namespace aigw::auth
