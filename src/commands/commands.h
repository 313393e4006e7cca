// What `ai-gateway` does besides serving: a function for each command of its command line, which gives the exit status.
// They write to stdout, and what went wrong to stderr. For main's thread.
#pragma once

#include <cstdint>
#include <string>

#include "config/loader.h"

namespace aigw::commands {

// `check`: 1 if the configuration at `path` has problems.
int check(const std::string& path);
// Every problem and warning of a configuration, to stderr; `path` is its file.
void print_findings(const config::Loaded& loaded, const std::string& path);

// `convert`: from stdin to stdout. Throws std::runtime_error when what it is given can't be converted.
int convert(const std::string& direction);

// `health`: 1 if no gateway serves at the URL; without one, where `config_path` and the overrides have it listen.
int health(const std::string& url, const std::string& config_path, const config::Overrides& overrides);

// `explain`: whom a running gateway would ask for a model now. 1 if nobody could be, or none can be asked.
struct ExplainArguments {
  std::string model;
  std::int64_t tokens = 0;  // of the prompt
  std::string url;          // empty: where `config_path` and the overrides have it listen
  std::string key;          // empty: what the config has for /admin
};
int explain(const ExplainArguments& arguments, const std::string& config_path, const config::Overrides& overrides);

// `key new`: 1 if a key can't have this name. `config_path`: the file in which the entry belongs.
int new_key(const std::string& name, const std::string& config_path);

}  // namespace aigw::commands
