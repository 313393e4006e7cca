#include "convert/convert.h"

#include <iostream>
#include <iterator>
#include <stdexcept>

#include "commands/commands.h"

namespace aigw::commands {

int convert(const std::string& direction) {
  const std::string input{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  const Result<std::string> output = aigw::convert::convert(direction, input);
  if (!output) throw std::runtime_error(output.error().detail);
  std::cout << *output << '\n';
  return 0;
}

}  // namespace aigw::commands
