#include "usage/names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace aigw::usage;

TEST_SUITE("usage/names") {
  TEST_CASE("file names keep what is harmless and encode the rest") {
    struct Row { std::string name, want; };
    for (const Row& row : {Row{"gpt-4o_mini.1", "gpt-4o_mini.1"}, Row{"openai/gpt-4o", "openai%2Fgpt-4o"},
                           Row{"llama3:8b", "llama3%3A8b"}, Row{"claude-*", "claude-%2A"}, Row{"..", "%2E."},
                           Row{".hidden", "%2Ehidden"}, Row{"a b%", "a%20b%25"}, Row{"é", "%C3%A9"},
                           Row{"journal", "%6Aournal"}, Row{"lock", "%6Cock"}, Row{"", "%"},
                           Row{"history", "%68istory"}, Row{"journal.old", "%6Aournal.old"},
                           Row{std::string("a\0b", 3), "a%00b"}, Row{"_providers", "_providers"}}) {
      CAPTURE(row.name);
      CHECK(file_name_of(row.name) == row.want);
    }
  }

  TEST_CASE("very long names fit a file system and stay different") {
    const std::string longest(200, 'x');
    CHECK(file_name_of(longest) == longest);
    std::set<std::string> names;
    for (const char* end : {"a", "b", "aa", "/"}) {
      const std::string name = file_name_of(std::string(5000, 'x') + end);
      CHECK(name.size() <= 200);
      names.insert(name);
    }
    CHECK(names.size() == 4);
  }

  TEST_CASE("a word has no blank and gives the name back") {
    for (const std::string& name : {std::string("-"), std::string("team a"), std::string("100%"), std::string("%20"),
                                    std::string("%2"), std::string("%"), std::string("\n\t\x7f"), std::string("日本"),
                                    std::string("a\0b", 3), std::string()}) {
      CAPTURE(name);
      const std::string word = word_of(name);
      CHECK(std::none_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; }));
      CHECK(name_of(word) == name);
    }
  }

  TEST_CASE("a tag is two words and gives both names back") {
    for (const std::string& name : {std::string("gpt"), std::string("a b"), std::string("100%"), std::string("%41"),
                                    std::string("\n\t\x7f"), std::string("日本"), std::string(),
                                    std::string(300, '%')}) {
      CAPTURE(name);
      const std::string tag = tag_of(name, "p " + name);
      CHECK(tag.find_first_of("\n\t\x7f") == std::string::npos);
      CHECK(tag.find(' ') == tag.rfind(' '));
      CHECK(names_of(tag) == std::pair<std::string, std::string>(name, "p " + name));
    }
  }
}
