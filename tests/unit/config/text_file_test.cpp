#include "config/text_file.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "config/temporary_folder.h"

namespace aigw::config {

TEST_SUITE("config/text_file") {

TEST_CASE("a file is read whole, up to a size") {
  const TemporaryFolder folder;
  const std::string text(100'000, 'x');
  const std::string path = folder.write("a.txt", text);
  CHECK(read_text_file(path, 100'000).value() == text);
  CHECK(read_text_file(folder.write("empty.txt", ""), 1).value() == "");

  const Result<std::string> refused = read_text_file(path, 99'999);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().detail == "larger than 99999 bytes");
}

TEST_CASE("what can't be read is told in the system's words") {
  const TemporaryFolder folder;
  CHECK(read_text_file(folder.path() + "/none", 1).error().detail == "No such file or directory");
  CHECK(read_text_file(folder.path(), 1).error().detail == "Is a directory");
  CHECK(read_text_file(std::string("/dev/null\0x", 11), 1).error().detail == "No such file or directory");
}

}  // TEST_SUITE

}  // namespace aigw::config
