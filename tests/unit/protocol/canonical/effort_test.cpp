#include "protocol/canonical/effort.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace aigw::protocol::canonical {

using Levels = std::vector<std::string>;

TEST_SUITE("protocol/canonical/effort") {
  TEST_CASE("each effort has its budgets and its level") {
    const Levels all = {"minimal", "low", "medium", "high"};
    const Levels two = {"low", "high"};
    struct Row {
      const char* effort;
      std::int64_t messages;
      std::int64_t gemini;
      const char* of_all;
      const char* of_two;
    };
    for (const Row& row :
         {Row{"none", 0, 0, "MINIMAL", "LOW"}, Row{"minimal", 1024, 512, "MINIMAL", "LOW"},
          Row{"low", 2048, 1024, "LOW", "LOW"}, Row{"medium", 8192, 8192, "MEDIUM", "HIGH"},
          Row{"high", 16384, 24576, "HIGH", "HIGH"}, Row{"xhigh", 24576, 24576, "HIGH", "HIGH"},
          Row{"max", 32768, 32768, "HIGH", "HIGH"}, Row{"turbo", 0, 0, "", ""}}) {
      CAPTURE(row.effort);
      CHECK(messages_budget(row.effort) == row.messages);
      CHECK(gemini_budget(row.effort) == row.gemini);
      CHECK(gemini_level(row.effort, all) == row.of_all);
      CHECK(gemini_level(row.effort, two) == row.of_two);
      CHECK(is_effort(row.effort) == (std::string(row.effort) != "turbo"));
    }
    CHECK(gemini_level("low", {"high"}) == "HIGH");
    CHECK(gemini_level("medium", {}) == "MEDIUM");
  }

  TEST_CASE("an effort that a model does not take becomes the one next to it") {
    const Levels usual = {"low", "medium", "high"};
    struct Row {
      const char* effort;
      Levels levels;
      const char* want;
    };
    for (const Row& row : {Row{"medium", usual, "medium"}, Row{"xhigh", usual, "high"}, Row{"max", usual, "high"},
                           Row{"max", {"low", "high", "xhigh"}, "xhigh"}, Row{"max", {"low", "max"}, "max"},
                           Row{"high", {"low", "medium"}, "medium"}, Row{"minimal", usual, "low"},
                           Row{"minimal", {"none", "low"}, "low"}, Row{"minimal", {"minimal"}, "minimal"},
                           Row{"low", {"minimal", "high"}, "minimal"}, Row{"low", {"medium"}, "medium"},
                           Row{"none", usual, "low"}, Row{"none", {"high", "minimal"}, "minimal"},
                           Row{"none", {"none", "low"}, "none"}, Row{"low", {"none"}, "low"}, Row{"high", {}, "high"},
                           Row{"turbo", usual, "turbo"}}) {
      CAPTURE(row.effort);
      CAPTURE(row.want);
      CHECK(clamp_effort(row.effort, row.levels) == row.want);
    }
  }

  TEST_CASE("a Messages client's wish comes to an effort") {
    struct Row {
      const char* effort;
      std::optional<std::int64_t> budget;
      bool disabled;
      const char* want;
    };
    for (const Row& row :
         {Row{"", std::nullopt, false, ""}, Row{"max", 1024, false, "max"}, Row{"", 1024, false, "minimal"},
          Row{"", 2047, false, "minimal"}, Row{"", 2048, false, "low"}, Row{"", 8191, false, "low"},
          Row{"", 8192, false, "medium"}, Row{"", 16383, false, "medium"}, Row{"", 16384, false, "high"},
          Row{"", 24575, false, "high"}, Row{"", 24576, false, "xhigh"}, Row{"", std::nullopt, true, "none"},
          Row{"low", std::nullopt, true, "low"}}) {
      Reasoning reasoning;
      reasoning.effort = row.effort;
      reasoning.budget = row.budget;
      reasoning.disabled = row.disabled;
      reasoning.adaptive = true;
      CAPTURE(row.want);
      CHECK(effort_of(reasoning) == row.want);
    }
  }

  TEST_CASE("an OpenAI-like model gets a word that the rule names, whatever it offers") {
    const Levels usual = {"low", "medium", "high"};
    struct Row {
      const char* effort;
      std::int64_t budget;  // 0: thinking is disabled
      Levels levels;
      const char* want;
    };
    for (const Row& row : {Row{"max", 1024, usual, "high"}, Row{"", 1024, usual, "minimal"},
                           Row{"", 24576, usual, "high"}, Row{"", 24576, {"xhigh"}, "xhigh"},
                           Row{"", 0, usual, "minimal"},
                           Row{"", 0, {"none", "low"}, "none"}}) {
      Reasoning reasoning;
      reasoning.effort = row.effort;
      reasoning.disabled = row.budget == 0;
      if (!reasoning.disabled) reasoning.budget = row.budget;
      CAPTURE(row.want);
      CHECK(openai_effort(reasoning, row.levels) == row.want);
    }
    CHECK(openai_effort({}, usual) == "");
  }
}

}  // namespace aigw::protocol::canonical
