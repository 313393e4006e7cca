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

  TEST_CASE("a file is rewritten with its mode, through links, and nothing is left beside it") {
    const config::TemporaryFolder folder;
    const std::filesystem::path path = folder.write("config.json", "before");
    std::filesystem::create_symlink("config.json", folder.path() + "/link.json");
    for (const mode_t mode : {0600U, 0664U}) {
      REQUIRE(::chmod(path.c_str(), mode) == 0);
      folder.write(".config.json.tmp", "left behind");
      REQUIRE(rewrite_file(folder.path() + "/link.json", "after"));
      CHECK(mode_of(path) == mode);
      CHECK(read_file(path, 100).value() == "after");
      CHECK(std::filesystem::is_symlink(folder.path() + "/link.json"));
      CHECK(is_missing(folder.path() + "/.config.json.tmp"));
    }
    const Status missing = rewrite_file(folder.path() + "/nothing", "text");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().detail == "can't write " + folder.path() + "/nothing: No such file or directory");
    CHECK(is_missing(folder.path() + "/nothing"));
  }

  TEST_CASE("a file without a permission to write is none to be written, whoever we are") {
    const config::TemporaryFolder folder;
    const std::string path = folder.write("config.json", "text");
    CHECK(is_writable(path));
    REQUIRE(::chmod(path.c_str(), 0444) == 0);
    CHECK_FALSE(is_writable(path));
    CHECK_FALSE(is_writable(folder.path() + "/nothing"));
  }
}

}  // namespace
}  // namespace aigw
