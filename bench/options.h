// The command line of the benchmark's programs: `--name value` pairs, the same names in all of them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class Options {
 public:
  // Prints `usage` and exits with 2 when the arguments are not pairs. What stands after a lone `--` is left alone;
  // `rest()` is its index.
  Options(int argc, char** argv, const char* usage) {
    for (rest_ = 1; rest_ < argc; rest_ += 2) {
      const std::string_view name = argv[rest_];
      if (name == "--") break;
      if (name.substr(0, 2) != "--" || rest_ + 1 == argc) {
        std::fprintf(stderr, "Usage: %s\n", usage);
        std::exit(2);
      }
      values_[std::string(name.substr(2))] = argv[rest_ + 1];
    }
    if (rest_ < argc) ++rest_;
  }

  int number(const std::string& name, int otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::atoi(found->second.c_str());
  }

  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }

  int rest() const { return rest_; }

 private:
  std::map<std::string, std::string> values_;
  int rest_ = 1;
};

}  // namespace bench
