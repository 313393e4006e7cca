#include "protocol/messages/thinking.h"

#include "protocol/messages/request_fixture.h"

namespace aigw::protocol::messages {
namespace {

using canonical::Request;
using canonical::Vendor;
using config::Capabilities;
using config::ThinkingForm;

Capabilities model(ThinkingForm form, std::optional<std::int64_t> max_output_tokens = 64'000) {
  Capabilities can;
  can.thinking = form;
  can.max_output_tokens = max_output_tokens;
  can.effort_levels = {"low", "medium", "high", "max"};
  return can;
}

Request wanting(const char* effort, std::optional<std::int64_t> max_tokens = std::nullopt) {
  Request request = greeting();
  request.reasoning.effort = effort;
  request.max_tokens = max_tokens;
  return request;
}

struct Plan {
  std::string thinking;  // as text, "" if it is not sent
  std::string effort;
  std::int64_t max_tokens = 0;
  bool on = false;
  std::vector<std::string> dropped;
};

Plan plan(const Request& request, const Capabilities& can, bool forced_tool = false) {
  canonical::Notes notes;
  const ThinkingPlan made = plan_thinking(request, can, forced_tool, notes);
  return {made.thinking ? dump(*made.thinking) : "", made.effort, made.max_tokens, made.on, notes.dropped()};
}

const std::vector<std::string> kDropped = {"reasoning_effort"};

}  // namespace

TEST_SUITE("protocol/messages/thinking") {

TEST_CASE("an effort becomes a level of a model that thinks adaptively") {
  struct Row {
    const char* effort;
    const char* want;
  };
  for (const Row& row : {Row{"minimal", "low"}, Row{"low", "low"}, Row{"medium", "medium"}, Row{"high", "high"},
                         Row{"xhigh", "high"}, Row{"max", "max"}}) {
    CAPTURE(row.effort);
    const Plan made = plan(wanting(row.effort, 500), model(ThinkingForm::Adaptive));
    CHECK(made.thinking == R"({"type":"adaptive"})");
    CHECK(made.effort == row.want);
    CHECK(made.on);
    CHECK(made.max_tokens == 500);
    CHECK(made.dropped.empty());
  }
}

TEST_CASE("an effort becomes a budget with room for the answer") {
  struct Row {
    const char* name;
    const char* effort;
    std::optional<std::int64_t> asked;
    std::optional<std::int64_t> most;
    std::int64_t budget;  // 0: no thinking
    std::int64_t max_tokens;
  };
  for (const Row& row : {
           Row{"minimal", "minimal", {}, 64'000, 1024, 1024 + 4096},
           Row{"low", "low", {}, 64'000, 2048, 2048 + 4096},
           Row{"medium", "medium", {}, 64'000, 8192, 8192 + 4096},
           Row{"high", "high", {}, 64'000, 16'384, 16'384 + 4096},
           Row{"xhigh", "xhigh", {}, 64'000, 24'576, 24'576 + 4096},
           Row{"max", "max", {}, 64'000, 32'768, 32'768 + 4096},
           Row{"the model's limit is near", "high", {}, 20'000, 16'384, 20'000},
           Row{"the model's limit is below", "high", {}, 10'000, 8000, 10'000},
           Row{"the model's limit is unknown", "high", {}, {}, 3276, 4096},
           Row{"the client's limit stays", "high", 10'000, 64'000, 8000, 10'000},
           Row{"the client's limit is wide", "low", 10'000, 64'000, 2048, 10'000},
           Row{"above the model's limit", "high", 90'000, 10'000, 8000, 10'000},
           Row{"just enough", "high", 1280, 64'000, 1024, 1280},
           Row{"too little", "high", 1279, 64'000, 0, 1279},
       }) {
    CAPTURE(row.name);
    const Plan made = plan(wanting(row.effort, row.asked), model(ThinkingForm::Budget, row.most));
    const std::string want = R"({"type":"enabled","budget_tokens":)" + std::to_string(row.budget) + "}";
    CHECK(made.thinking == (row.budget == 0 ? "" : want));
    CHECK(made.max_tokens == row.max_tokens);
    CHECK(made.on == (row.budget > 0));
    CHECK(made.dropped == (row.budget == 0 ? kDropped : std::vector<std::string>{}));
  }
}

TEST_CASE("without any wish nothing is sent, and the limit is the client's or the model's") {
  struct Row {
    std::optional<std::int64_t> asked;
    std::optional<std::int64_t> most;
    std::int64_t want;
  };
  for (const Row& row : {Row{{}, {}, 4096}, Row{{}, 8192, 8192}, Row{100, {}, 100}, Row{100'000, {}, 100'000},
                         Row{100, 8192, 100}, Row{100'000, 8192, 8192}}) {
    CAPTURE(row.want);
    const Plan made = plan(wanting("", row.asked), model(ThinkingForm::Budget, row.most));
    CHECK(made.max_tokens == row.want);
    CHECK(made.thinking.empty());
    CHECK_FALSE(made.on);
  }
}

TEST_CASE("no effort switches thinking off where there is any") {
  for (const ThinkingForm form : {ThinkingForm::Budget, ThinkingForm::Adaptive}) {
    const Plan made = plan(wanting("none"), model(form));
    CHECK(made.thinking == R"({"type":"disabled"})");
    CHECK_FALSE(made.on);
  }
  const Plan made = plan(wanting("none"), model(ThinkingForm::None));
  CHECK(made.thinking.empty());
  CHECK(made.dropped == kDropped);
}

TEST_CASE("an effort that the model has no word for is dropped by the client's name for it") {
  CHECK(plan(wanting("high"), model(ThinkingForm::None)).dropped == kDropped);
  CHECK(plan(wanting("hard"), model(ThinkingForm::Budget)).dropped == kDropped);
  Request request = wanting("high");
  request.client = Dialect::Responses;
  CHECK(plan(request, model(ThinkingForm::None)).dropped == std::vector<std::string>{"reasoning.effort"});
}

TEST_CASE("a forced tool is the stronger wish") {
  for (const ThinkingForm form : {ThinkingForm::Budget, ThinkingForm::Adaptive}) {
    const Plan made = plan(wanting("high"), model(form), true);
    CHECK(made.thinking.empty());
    CHECK(made.effort.empty());
    CHECK_FALSE(made.on);
    CHECK(made.max_tokens == 64'000);
    CHECK(made.dropped == kDropped);
  }
  CHECK(plan(wanting("none"), model(ThinkingForm::Budget), true).thinking == R"({"type":"disabled"})");
}

TEST_CASE("a client's own object wins over its effort and goes out as it is") {
  struct Row {
    const char* sent;
    std::optional<std::int64_t> asked;
    const char* want;
    std::int64_t max_tokens;
    bool on;
  };
  for (const Row& row : {
           Row{R"({"type":"enabled","budget_tokens":2000,"display":"omitted"})", 2500,
               R"({"type":"enabled","budget_tokens":2000,"display":"omitted"})", 2500, true},
           Row{R"({"type":"enabled","budget_tokens":2000})", {}, R"({"type":"enabled","budget_tokens":2000})", 6096,
               true},
           Row{R"({"type":"enabled","budget_tokens":3000})", 2000, R"({"type":"enabled","budget_tokens":1600})", 2000,
               true},
           Row{R"({"type":"enabled","budget_tokens":9223372036854775807})", {},
               R"({"type":"enabled","budget_tokens":51200})", 64'000, true},
           Row{R"({"type":"enabled","budget_tokens":-5})", {}, R"({"type":"enabled","budget_tokens":-5})", 64'000,
               true},
           Row{R"({"type":"adaptive"})", {}, R"({"type":"adaptive"})", 64'000, true},
           Row{R"({"type":"disabled"})", {}, R"({"type":"disabled"})", 64'000, false},
           Row{R"({"type":7})", {}, R"({"type":7})", 64'000, false},
       }) {
    CAPTURE(row.sent);
    Request request = wanting("high", row.asked);
    request.reasoning.thinking = json(row.sent);
    const Plan made = plan(request, model(ThinkingForm::Budget));
    CHECK(made.thinking == row.want);
    CHECK(made.effort.empty());
    CHECK(made.max_tokens == row.max_tokens);
    CHECK(made.on == row.on);
  }
}

TEST_CASE("an effort beside the adaptive form is a level where the model has levels") {
  struct Row {
    ThinkingForm form;
    const char* thinking;
    const char* effort;
    const char* want;
  };
  for (const Row& row : {Row{ThinkingForm::Adaptive, R"({"type":"adaptive"})", "xhigh", "high"},
                         Row{ThinkingForm::Adaptive, R"({"type":"adaptive"})", "none", ""},
                         Row{ThinkingForm::None, R"({"type":"adaptive"})", "low", ""},
                         Row{ThinkingForm::Adaptive, R"({"type":"disabled"})", "low", ""}}) {
    CAPTURE(row.thinking);
    CAPTURE(row.effort);
    Request request = wanting(row.effort);
    request.reasoning.thinking = json(row.thinking);
    const Plan made = plan(request, model(row.form));
    CHECK(made.thinking == row.thinking);
    CHECK(made.effort == row.want);
    CHECK(made.dropped == (*row.want == '\0' ? kDropped : std::vector<std::string>{}));
  }
}

TEST_CASE("a turn with calls that began without thinking goes on without a budget for it") {
  struct Row {
    const char* name;
    std::vector<canonical::Part> turn;
    bool thinks;
  };
  const canonical::Part a_call = call("t1", "f", "{}");
  for (const Row& row : {Row{"no thought", {a_call}, false},
                         Row{"another vendor's", {thought("x", Vendor::OpenAi, "p"), a_call}, false},
                         Row{"an envelope", {thought("x", Vendor::Anthropic, "gw1.x"), a_call}, false},
                         Row{"a proven thought", {thought("", Vendor::Anthropic, "p"), a_call}, true},
                         Row{"no call", {text("x")}, true}}) {
    CAPTURE(row.name);
    Request request = wanting("high");
    request.messages.push_back(assistant(row.turn));
    request.messages.push_back(tool({result("t1", {})}));
    CHECK(plan(request, model(ThinkingForm::Budget)).on == row.thinks);
    CHECK(plan(request, model(ThinkingForm::Adaptive)).on);
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol::messages
