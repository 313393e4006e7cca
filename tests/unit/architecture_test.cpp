// Holds src/ to the directions of design.md §2 by reading its includes.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace aigw {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesMax = 449;
constexpr std::string_view kCompatHeader = "http/httplib_compat.h";

// What the files of a folder may import besides their own folder.
struct Folder {
  std::string_view name;
  std::vector<std::string_view> imports;
};

const std::vector<Folder> kFolders = {
    {"base", {}},
    {"config", {"base"}},
    {"http", {"base", "config"}},
    {"auth", {"base", "config", "http"}},
    {"protocol", {"base", "config"}},
    {"convert", {"base", "config", "http", "protocol"}},
    {"commands", {"base", "config", "http", "convert", "auth"}},
    {"routing", {"base", "config"}},
    {"usage", {"base", "config"}},
    {"observe", {"base", "config", "http"}},
    {"gateway", {"base", "config", "http", "protocol", "routing", "usage", "observe", "auth"}},
    {"api", {"base", "config", "http", "protocol", "routing", "usage", "observe", "auth", "gateway"}},
};

// The dialects' folders in protocol/: none imports another one's, so that each can be read, and taken out, alone. What
// two of them need stands in protocol/ or protocol/canonical/. Completions is Chat without roles, and may use it.
constexpr std::array<std::string_view, 6> kDialects = {"chat",   "messages",    "responses",
                                                       "gemini", "completions", "embeddings"};

// Library headers that cost seconds in every file that sees them.
constexpr std::array<std::string_view, 4> kHeavy = {"json.hpp", "httplib.h", "simdjson.h", "spdlog.h"};

const Folder* find_folder(std::string_view name) {
  const auto found =
      std::find_if(kFolders.begin(), kFolders.end(), [&](const Folder& folder) { return folder.name == name; });
  return found == kFolders.end() ? nullptr : &*found;
}

std::string_view folder_of(std::string_view path) { return path.substr(0, std::min(path.find('/'), path.size())); }

std::string_view file_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_header(std::string_view path) {
  const std::string_view extension = path.substr(std::min(path.rfind('.'), path.size()));
  return extension == ".h" || extension == ".hpp";
}

// The dialect in whose folder the file stands, "" if in none's.
std::string_view dialect_of(std::string_view path) {
  if (folder_of(path) != "protocol") return "";
  const std::string_view dialect = folder_of(path.substr(std::min(path.find('/') + 1, path.size())));
  return std::find(kDialects.begin(), kDialects.end(), dialect) == kDialects.end() ? "" : dialect;
}

struct Include {
  std::string_view path;
  bool quoted;
};

std::optional<Include> include_in(std::string_view line) {
  line = trim(line);
  for (const std::string_view word : {std::string_view("#"), std::string_view("include")}) {
    if (!starts_with(line, word)) return std::nullopt;
    line = trim(line.substr(word.size()));
  }
  if (line.empty()) return std::nullopt;
  const bool quoted = line.front() == '"';
  const std::size_t end = line.find(quoted ? '"' : '>', 1);
  return Include{line.substr(1, end == std::string_view::npos ? end : end - 1), quoted};
}

// What is wrong with one include of the file at `path` (relative to src/); "" if nothing.
std::string problem_of(std::string_view path, const Include& include) {
  const std::string_view name = file_name_of(include.path);
  const std::string_view from = folder_of(path);
  if (name == "httplib.h" && from != "http") return "httplib.h is for http/ alone";
  if (include.path == kCompatHeader && from != "http") return "brings httplib.h in, which is for http/ alone";
  if (is_header(path) && std::find(kHeavy.begin(), kHeavy.end(), name) != kHeavy.end() &&
      !(path == kCompatHeader && name == "httplib.h")) {
    return "too heavy for a header";
  }
  if (path == "main.cpp") return "";
  const std::string_view own = dialect_of(path);
  const std::string_view other = dialect_of(include.path);
  const bool is_foreign = !own.empty() && !other.empty() && other != own;
  if (is_foreign && !(own == "completions" && other == "chat")) {
    return "protocol/" + std::string(own) + "/ must not import protocol/" + std::string(other) + "/";
  }
  const std::string_view to = folder_of(include.path);
  if (find_folder(to) == nullptr) {
    return include.quoted ? "our own files are included as \"folder/file.h\", libraries with <>" : "";
  }
  const std::vector<std::string_view>& allowed = find_folder(from)->imports;
  if (to == from || std::find(allowed.begin(), allowed.end(), to) != allowed.end()) return "";
  return std::string(from) + "/ must not import " + std::string(to) + "/";
}

// One line for each offence of the file at `path`, naming the file and the include.
std::vector<std::string> problems_of(std::string_view path, std::string_view text) {
  const auto line_of = [&](std::string_view what) { return std::string(path) + ": " + std::string(what); };
  if (path != "main.cpp" && (!contains(path, "/") || find_folder(folder_of(path)) == nullptr)) {
    return {line_of("stands in no folder of design.md §2")};
  }
  std::vector<std::string> problems;
  const std::vector<std::string_view> lines = split(text, '\n');
  bool pragma_once = false;
  for (const std::string_view line : lines) {
    pragma_once = pragma_once || trim(line) == "#pragma once";
    const auto include = include_in(line);
    if (!include) continue;
    const std::string problem = problem_of(path, *include);
    if (!problem.empty()) problems.push_back(line_of("#include " + std::string(include->path) + ": " + problem));
  }
  if (is_header(path) && !pragma_once) problems.push_back(line_of("no #pragma once"));
  const std::size_t count = lines.size() - (lines.back().empty() ? 1 : 0);
  if (count > kLinesMax) {
    problems.push_back(line_of(std::to_string(count) + " lines, more than " + std::to_string(kLinesMax)));
  }
  return problems;
}

TEST_SUITE("architecture") {
  TEST_CASE("each file of src/ keeps the directions of imports, the homes of libraries and the length of a file") {
    const fs::path source = fs::path(GATEWAY_SOURCE_DIR) / "src";
    std::set<std::string> folders;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(source)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = fs::relative(entry.path(), source).generic_string();
      folders.insert(std::string(folder_of(path)));
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      for (const std::string& problem : problems_of(path, text)) FAIL_CHECK(problem);
    }
    for (const char* folder : {"base", "config", "routing"}) {
      CAPTURE(folder);
      CHECK(folders.count(folder) == 1);
    }
  }

  TEST_CASE("what keeps the rules is not reported") {
    struct Row {
      const char* path;
      const char* text;
    };
    for (const Row& row : {Row{"base/text.cpp", "#include \"base/text.h\"\n#include <vector>\n"},
                           Row{"base/a.h", "// Why.\n#pragma once\n#include <nlohmann/json_fwd.hpp>\n"},
                           Row{"config/a.cpp", "#include <nlohmann/json.hpp>\n#include \"base/text.h\"\n"},
                           Row{"http/httplib_compat.h", "#pragma once\n#include <httplib.h>\n"},
                           Row{"http/server.cpp", "#include <httplib.h>\n#include \"http/httplib_compat.h\"\n"},
                           Row{"observe/log.cpp", "#include <spdlog/spdlog.h>\n#include \"config/config.h\"\n"},
                           Row{"gateway/a.cpp", "#include \"observe/log.h\"\n#include \"routing/retry.h\"\n"},
                           Row{"protocol/completions/a.cpp", "#include \"protocol/chat/usage.h\"\n"},
                           Row{"protocol/gemini/a.cpp", "#include \"protocol/canonical/media.h\"\n"},
                           Row{"protocol/codec.cpp", "#include \"protocol/gemini/gemini.h\"\n"},
                           Row{"api/a.cpp", "#include \"gateway/exchange.h\"\n#include \"api/routes.h\"\n"},
                           Row{"main.cpp", "#include \"api/routes.h\"\n#include <CLI/CLI.hpp>\n"}}) {
      CAPTURE(row.path);
      CHECK(problems_of(row.path, row.text) == std::vector<std::string>{});
    }
  }

  TEST_CASE("each kind of offence is reported with file and include") {
    struct Row {
      const char* path;
      const char* text;
      const char* want;
    };
    for (const Row& row :
         {Row{"base/a.cpp", "#include \"config/config.h\"\n",
              "base/a.cpp: #include config/config.h: base/ must not import config/"},
          Row{"protocol/a.cpp", "#include \"http/sse.h\"\n",
              "protocol/a.cpp: #include http/sse.h: protocol/ must not import http/"},
          Row{"protocol/gemini/a.cpp", "#include \"protocol/chat/usage.h\"\n",
              "protocol/gemini/a.cpp: #include protocol/chat/usage.h: protocol/gemini/ must not import protocol/chat/"},
          Row{"protocol/chat/a.cpp", "#include \"protocol/completions/completions.h\"\n",
              "protocol/chat/a.cpp: #include protocol/completions/completions.h: protocol/chat/ must not import "
              "protocol/completions/"},
          Row{"routing/a.cpp", "  #  include  \"protocol/chunks.h\"  // why not\n",
              "routing/a.cpp: #include protocol/chunks.h: routing/ must not import protocol/"},
          Row{"usage/a.cpp", "#include <observe/log.h>\n",
              "usage/a.cpp: #include observe/log.h: usage/ must not import observe/"},
          Row{"gateway/a.cpp", "#include \"api/routes.h\"\n",
              "gateway/a.cpp: #include api/routes.h: gateway/ must not import api/"},
          Row{"http/a.cpp", "#include \"../usage/counters.h\"\n",
              "http/a.cpp: #include ../usage/counters.h: our own files are included as \"folder/file.h\", "
              "libraries with <>"},
          Row{"http/a.cpp", "#include \"sse.h\"\n",
              "http/a.cpp: #include sse.h: our own files are included as \"folder/file.h\", libraries with <>"},
          Row{"gateway/a.cpp", "#include <httplib.h>\n",
              "gateway/a.cpp: #include httplib.h: httplib.h is for http/ alone"},
          Row{"main.cpp", "#include <httplib.h>\n", "main.cpp: #include httplib.h: httplib.h is for http/ alone"},
          Row{"api/a.cpp", "#include \"http/httplib_compat.h\"\n",
              "api/a.cpp: #include http/httplib_compat.h: brings httplib.h in, which is for http/ alone"},
          Row{"http/a.h", "#pragma once\n#include <httplib.h>\n",
              "http/a.h: #include httplib.h: too heavy for a header"},
          Row{"http/httplib_compat.h", "#pragma once\n#include <simdjson.h>\n",
              "http/httplib_compat.h: #include simdjson.h: too heavy for a header"},
          Row{"protocol/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n",
              "protocol/a.h: #include nlohmann/json.hpp: too heavy for a header"},
          Row{"observe/a.h", "#pragma once\n#include <spdlog/spdlog.h>\n",
              "observe/a.h: #include spdlog/spdlog.h: too heavy for a header"},
          Row{"base/a.h", "// Nothing.\n", "base/a.h: no #pragma once"},
          Row{"extra/a.cpp", "", "extra/a.cpp: stands in no folder of design.md §2"},
          Row{"stray.cpp", "", "stray.cpp: stands in no folder of design.md §2"}}) {
      CAPTURE(row.path);
      CHECK(problems_of(row.path, row.text) == std::vector<std::string>{row.want});
    }
  }

  TEST_CASE("a file of 449 lines is short enough, one of 450 is not") {
    CHECK(problems_of("base/a.cpp", std::string(449, '\n')).empty());
    CHECK(problems_of("base/a.cpp", std::string(450, '\n')) ==
          std::vector<std::string>{"base/a.cpp: 450 lines, more than 449"});
  }
}

}  // namespace
}  // namespace aigw
