// What the tests of config/ share: an environment of their own, and a configuration from a few words.
#pragma once

#include <doctest/doctest.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/loader.h"

namespace aigw::config {

inline Environment with_variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline const Environment kNoVariables = with_variables({});

inline std::vector<std::string> texts_of(const std::vector<Problem>& problems) {
  std::vector<std::string> texts;
  for (const Problem& problem : problems) texts.push_back(problem.text());
  return texts;
}

// One text a line, so that a failed comparison can be read.
inline std::string lines_of(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += text + "\n";
  return lines;
}

inline std::string problems_of(std::string_view text, const Environment& environment = kNoVariables) {
  return lines_of(texts_of(load_text(text, environment).problems));
}

// A model `m` whose only provider is `p`, with everything it must have and `fields` in addition.
inline std::string with_provider(const std::string& fields) {
  return R"({"m": {"providers": [{"name": "p", "endpoint": "https://x.example/v1", "model": "m", "api_key": "k")" +
         (fields.empty() ? "" : ", " + fields) + "}]}}";
}

// A model `m` with these entries, and an account `acc` for them.
inline std::string with_account(const std::string& account, const std::string& entry) {
  return R"({"_providers": {"acc": )" + account + R"(}, "m": {"providers": [)" + entry + "]}}";
}

inline std::string with_global(const std::string& fields) {
  return R"({"_global": {)" + fields + R"(}, "m": {"providers": [{"name": "p", "type": "mock"}]}})";
}

// The providers of the first model of a file without problems.
inline std::vector<Provider> providers_of(const std::string& text, const Environment& environment = kNoVariables) {
  const Loaded result = load_text(text, environment);
  CHECK(lines_of(texts_of(result.problems)) == "");
  REQUIRE(result.config != nullptr);
  return result.config->routes.at(0).providers;
}

}  // namespace aigw::config
