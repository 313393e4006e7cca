#include "base/disk.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "config/temporary_folder.h"

namespace aigw {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

TEST_SUITE("base/disk") {
  TEST_CASE("a file for its owner alone never had another mode, even where one was left behind") {
    const config::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() + "/keys.json";
    for (const bool left_behind : {false, true}) {
      CAPTURE(left_behind);
      if (left_behind) folder.write(".keys.json.tmp", "something that is longer than what comes");
      REQUIRE(write_beside(path, "secret", Sync::Now, Readers::OwnerAlone));
      CHECK(mode_of(folder.path() + "/.keys.json.tmp") == 0600);
      REQUIRE(put_in_place(path));
      CHECK(mode_of(path) == 0600);
      CHECK(read_file(path, 100).value() == "secret");
    }
  }

  TEST_CASE("any other file is for all, less what the umask takes") {
    const config::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() + "/deeper/counter.json";
    const mode_t before = ::umask(022);
    REQUIRE(write_beside(path, "text", Sync::Later));
    ::umask(before);
    REQUIRE(put_in_place(path));
    CHECK(mode_of(path) == 0644);
  }
}

}  // namespace
}  // namespace aigw
