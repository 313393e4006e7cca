#include "config/text_file.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace aigw::config {
namespace {

Error system_error(int number) { return {ErrorKind::Io, std::generic_category().message(number)}; }

Result<std::string> read_all(int descriptor, std::size_t bytes_max) {
  constexpr std::size_t kPieceBytes = 64 * 1024;
  std::string text;
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + kPieceBytes);
    const ssize_t got = ::read(descriptor, text.data() + size, kPieceBytes);
    if (got < 0 && errno != EINTR) return system_error(errno);
    text.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return text;
    if (text.size() > bytes_max) {
      return Error{ErrorKind::TooLarge, "larger than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  if (path.find('\0') != std::string::npos) return system_error(ENOENT);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(errno);
  Result<std::string> text = read_all(descriptor, bytes_max);
  ::close(descriptor);
  return text;
}

}  // namespace aigw::config
