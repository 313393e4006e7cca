#include "protocol/canonical/reply_adapter.h"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/provider_error.h"

namespace aigw::protocol::canonical {
namespace {

std::string word_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::Stop: return "stop";
    case FinishReason::StopSequence: return "stop_sequence";
    case FinishReason::Length: return "length";
    case FinishReason::ContextWindow: return "context_window";
    case FinishReason::ToolCalls: return "tool_calls";
    case FinishReason::ContentFilter: return "content_filter";
    case FinishReason::Pause: return "pause";
    case FinishReason::Unknown: return "unknown";
  }
  return "";
}

// Writes down what it gets: `text(…)`, `call0(id,name)`, … with the choice in front where it is not 0. Neighbouring
// texts, and neighbouring arguments of one call, are one.
class Script : public EventSink {
 public:
  void take(const Event& event) override {
    const std::string line = line_of(event);
    const std::size_t open = line.find('(');
    const bool joins = !lines_.empty() && event.what.index() == last_ &&
                       lines_.back().substr(0, open) == line.substr(0, open);
    if (joins && (is<TextDelta>(event) || is<CallDelta>(event))) {
      lines_.back().pop_back();
      lines_.back() += line.substr(open + 1);
    } else {
      lines_.push_back(line);
    }
    last_ = event.what.index();
  }

  std::string text() const {
    std::string all;
    for (const std::string& line : lines_) all += (all.empty() ? "" : " ") + line;
    return all;
  }

 private:
  template <typename What>
  static bool is(const Event& event) {
    return std::holds_alternative<What>(event.what);
  }

  static std::string line_of(const Event& event) {
    const std::string choice = event.choice == 0 ? "" : std::to_string(event.choice) + ":";
    const auto call = [](const char* what, std::size_t number) { return what + std::to_string(number); };
    return choice +
           std::visit(
               Overloaded{
                   [](const Begin&) { return std::string("begin"); },
                   [](const TextDelta& d) { return "text(" + std::string(d.text) + (d.logprobs ? "*)" : ")"); },
                   [](const RefusalDelta& d) { return "refusal(" + std::string(d.text) + ")"; },
                   [](const ReasoningDelta& d) { return "reasoning(" + std::string(d.text) + ")"; },
                   [](const ReasoningEnd&) { return std::string("reasoned"); },
                   [&](const CallBegin& b) {
                     return call(b.custom ? "custom" : "call", b.call) + "(" + std::string(b.id) + "," +
                            std::string(b.name) + ")";
                   },
                   [&](const CallDelta& d) { return call("args", d.call) + "(" + std::string(d.arguments) + ")"; },
                   [&](const CallEnd& e) { return call("called", e.call); },
                   [](const Finish& f) {
                     const std::string sequence(f.stop_sequence);
                     return "finish(" + word_of(f.reason) + (sequence.empty() ? "" : "," + sequence) + ")";
                   },
                   [](const UsageReport& u) { return "usage(" + std::to_string(u.usage.total()) + ")"; },
                   [](const End&) { return std::string("end"); }, [](const Failed&) { return std::string("failed"); },
                   [](const auto&) { return std::string("other"); }},
               event.what);
  }

  std::vector<std::string> lines_;
  std::size_t last_ = std::variant_npos;
};

struct Outcome {
  std::string script;
  bool done;
};

Outcome adapted(const ReplyRules& rules, const std::vector<Event>& events) {
  Script script;
  ReplyAdapter adapter(rules, script);
  for (const Event& event : events) adapter.take(event);
  return {script.text(), adapter.done()};
}

Event text(std::string_view piece) { return {TextDelta{piece, nullptr}, 0}; }
Event call(std::size_t number, std::string_view name) { return {CallBegin{number, "id", name, false, {}}, 0}; }
Event args(std::size_t number, std::string_view fragment) { return {CallDelta{number, fragment}, 0}; }
Event called(std::size_t number) { return {CallEnd{number}, 0}; }
Event finish(FinishReason reason) { return {Finish{reason, {}, {}, {}}, 0}; }
const Event kEnd{End{}, 0};

struct Row {
  const char* name;
  std::vector<Event> events;
  const char* want;
};

void check(const ReplyRules& rules, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(adapted(rules, row.events).script == row.want);
  }
}

}  // namespace

TEST_SUITE("protocol/canonical/reply_adapter") {
  TEST_CASE("without rules everything passes as it is") {
    const ProviderError error;
    const Json probabilities = Json::object();
    check({}, {{"all kinds",
                {{Begin{}, 0}, {ReasoningDelta{"r"}, 0}, {ReasoningEnd{}, 0}, {TextDelta{"t", &probabilities}, 0},
                 text(""),
                 {RefusalDelta{"no"}, 0}, {TextDelta{"x", nullptr}, 1}, call(0, "f"), args(0, "{}"), called(0),
                 {UsageReport{{2, 0, 0, 3, 0, {}, {}}}, 0}, finish(FinishReason::Length), kEnd},
                "begin reasoning(r) reasoned text(t*) refusal(no) 1:text(x) call0(id,f) args0({}) called0 usage(5) "
                "finish(length) end"},
               {"a failure", {text("t"), {Failed{&error}, 0}}, "text(t) failed"}});
  }

  TEST_CASE("a finish that contradicts the calls is put right") {
    struct Reason {
      FinishReason reason;
      const char* with_calls;
      const char* without;
    };
    for (const Reason& row : {Reason{FinishReason::Stop, "tool_calls", "stop"},
                              Reason{FinishReason::StopSequence, "tool_calls", "stop_sequence"},
                              Reason{FinishReason::Unknown, "tool_calls", "unknown"},
                              Reason{FinishReason::Pause, "tool_calls", "pause"},
                              Reason{FinishReason::ToolCalls, "tool_calls", "stop"},
                              Reason{FinishReason::Length, "length", "length"},
                              Reason{FinishReason::ContextWindow, "context_window", "context_window"},
                              Reason{FinishReason::ContentFilter, "content_filter", "content_filter"}}) {
      CAPTURE(row.with_calls);
      CHECK(adapted({}, {call(0, "f"), called(0), finish(row.reason)}).script ==
            std::string("call0(id,f) called0 finish(") + row.with_calls + ")");
      CHECK(adapted({}, {text("t"), finish(row.reason)}).script == std::string("text(t) finish(") + row.without + ")");
    }
    CHECK(adapted({}, {{CallBegin{0, "id", "f", false, {}}, 1}, finish(FinishReason::ToolCalls),
                       {Finish{FinishReason::Stop, {}, {}, {}}, 1}})
              .script == "1:call0(id,f) finish(stop) 1:finish(tool_calls)");
  }

  TEST_CASE("names are the client's again, and calls of custom tools are unwrapped") {
    ReplyRules rules;
    rules.tool_names = {{"a_b_12345678", "a.b"}, {"p_q_12345678", "p.q"}};
    rules.custom_tools = {"p.q", "grep"};
    check(rules,
          {{"an alias", {call(0, "a_b_12345678"), args(0, "{}")}, "call0(id,a.b) args0({})"},
           {"no alias", {call(0, "f"), args(0, "{}")}, "call0(id,f) args0({})"},
           {"custom, in fragments",
            {call(0, "grep"), args(0, "{\"input\":\"a\\n"), args(0, "b\"}"), called(0)},
            "custom0(id,grep) args0(a\nb) called0"},
           {"custom, by its alias", {call(0, "p_q_12345678"), args(0, "{\"input\":\"x\"}"), called(0)},
            "custom0(id,p.q) args0(x) called0"},
           {"custom, cut", {call(0, "grep"), args(0, "{\"input\":\"ab"), called(0)},
            "custom0(id,grep) args0(ab) called0"},
           {"custom, empty", {call(0, "grep"), args(0, "{\"input\":\"\"}"), called(0)}, "custom0(id,grep) called0"},
           {"custom, not wrapped", {call(0, "grep"), args(0, "{\"q\":1}"), called(0)},
            "custom0(id,grep) args0({\"q\":1}) called0"},
           {"custom, and native",
            {{CallBegin{0, "id", "grep", true, {}}, 0}, args(0, "bare"), called(0)},
            "custom0(id,grep) args0(bare) called0"},
           {"two open at once",
            {call(0, "grep"), call(1, "f"), args(0, "{\"input\":"), args(1, "{}"), args(0, "\"x\"}"), called(1),
             called(0)},
            "custom0(id,grep) call1(id,f) args1({}) called1 args0(x) called0"},
           {"fragments of an unknown call", {args(3, "{}"), called(3)}, ""}});
  }

  TEST_CASE("calls of the reserved tool are the text") {
    ReplyRules rules;
    rules.json_tool = true;
    const std::string long_text(5000, 'x');
    const std::string long_want = "text(" + long_text + "more{}) finish(stop)";
    check(rules,
          {{"alone",
            {call(0, kJsonTool), args(0, "{\"a\""), args(0, ":1}"), called(0), finish(FinishReason::ToolCalls)},
            "text({\"a\":1}) finish(stop)"},
           {"without arguments", {call(0, kJsonTool), called(0), finish(FinishReason::ToolCalls)},
            "text({}) finish(stop)"},
           {"cut", {call(0, kJsonTool), args(0, "{\"a"), called(0), finish(FinishReason::Length)},
            "text({\"a) finish(length)"},
           {"beside others, which close the gap",
            {call(0, "f"), called(0), call(1, kJsonTool), args(1, "{}"), called(1), call(2, "g"), args(2, "{}"),
             called(2), finish(FinishReason::ToolCalls)},
            "call0(id,f) called0 text({}) call1(id,g) args1({}) called1 finish(tool_calls)"},
           {"called twice",
            {call(0, kJsonTool), args(0, "{}"), called(0), call(1, kJsonTool), args(1, "[]"), called(1),
             finish(FinishReason::ToolCalls)},
            "text({}) finish(stop)"},
           {"with text around it",
            {{ReasoningDelta{"hm"}, 0}, text("Here "), text("it is:"), call(0, kJsonTool), args(0, "{}"), called(0),
             text("Done."), finish(FinishReason::ToolCalls)},
            "reasoning(hm) text({}) finish(stop)"},
           {"not called", {text("I "), text("can't."), finish(FinishReason::Stop)}, "text(I can't.) finish(stop)"},
           {"another tool called", {text("Look:"), call(0, "f"), called(0), finish(FinishReason::ToolCalls)},
            "text(Look:) call0(id,f) called0 finish(tool_calls)"},
           {"behind long text",
            {text(long_text), text("more"), call(0, kJsonTool), args(0, "{}"), called(0),
             finish(FinishReason::ToolCalls)},
            long_want.c_str()}});
  }

  TEST_CASE("a wrapped value comes out of its object") {
    ReplyRules rules;
    rules.json_tool = rules.json_tool_wrapped = true;
    check(rules, {{"an array",
                   {call(0, kJsonTool), args(0, "{\"value\": [1,"), args(0, " 2]}"), called(0)},
                   "text([1,2])"},
                  {"a string", {call(0, kJsonTool), args(0, "{\"value\":\"x\"}"), called(0)}, "text(\"x\")"},
                  {"cut", {call(0, kJsonTool), args(0, "{\"value\":[1,"), called(0)}, "text([1])"},
                  {"not wrapped", {call(0, kJsonTool), args(0, "{\"a\":1}"), called(0)}, "text({\"a\":1})"}});
  }

  TEST_CASE("a fence is taken off the text of each choice") {
    ReplyRules rules;
    rules.strip_fence = true;
    check(rules, {{"whole", {text("```json\n{}\n```"), finish(FinishReason::Stop)}, "text({}) finish(stop)"},
                  {"in pieces",
                   {text("``"), text("`json"), text("\n{"), text("}\n`"), text("``"), finish(FinishReason::Stop)},
                   "text({}) finish(stop)"},
                  {"two choices",
                   {text("```\n"), {TextDelta{"```\nb", nullptr}, 1}, text("a"), {TextDelta{"\n```", nullptr}, 1},
                    finish(FinishReason::Stop), {Finish{FinishReason::Stop, {}, {}, {}}, 1}},
                   "1:text(b) text(a) finish(stop) 1:finish(stop)"},
                  {"before a call", {text("``"), call(0, "f"), called(0)}, "text(``) call0(id,f) called0"}});
  }

  TEST_CASE("a stop sequence ends the answer, and nothing comes behind it") {
    ReplyRules rules;
    rules.stop = {"END", "\n\n"};
    check(rules,
          {{"in one piece", {text("a END b"), text("c"), finish(FinishReason::Stop), kEnd},
            "text(a ) finish(stop_sequence,END) end"},
           {"across pieces", {text("a E"), text("N"), text("D b"), finish(FinishReason::Stop), kEnd},
            "text(a ) finish(stop_sequence,END) end"},
           {"none", {text("a E"), text("N"), finish(FinishReason::Stop), kEnd}, "text(a EN) finish(stop) end"},
           {"cut by a call",
            {text("a E"), call(0, "f"), args(0, "END"), called(0), text("ND"), finish(FinishReason::Stop), kEnd},
            "text(a E) call0(id,f) args0(END) called0 text(ND) finish(tool_calls) end"},
           {"not in reasoning", {{ReasoningDelta{"END"}, 0}, text("a"), finish(FinishReason::Length), kEnd},
            "reasoning(END) text(a) finish(length) end"},
           {"usage may come while text is held back",
            {text("E"), {UsageReport{}, 0}, text("x"), finish(FinishReason::Stop)},
            "usage(0) text(Ex) finish(stop)"},
           {"of one choice of two",
            {text("a"), {TextDelta{"b", nullptr}, 1}, text("ENDx"), {TextDelta{"c", nullptr}, 1}, text("y"),
             {UsageReport{}, 0}, {TextDelta{"END", nullptr}, 1}, kEnd},
            "text(a) 1:text(b) finish(stop_sequence,END) 1:text(c) usage(0) 1:finish(stop_sequence,END) end"}});
    CHECK(adapted(rules, {text("a END")}).done);
    CHECK(!adapted(rules, {text("a EN"), finish(FinishReason::Stop), kEnd}).done);
    CHECK(!adapted(rules, {{TextDelta{"b", nullptr}, 1}, text("END")}).done);
  }

  TEST_CASE("log probabilities are not lost where text is held back") {
    ReplyRules rules;
    rules.stop = {"END"};
    const Json probabilities = Json::object();
    CHECK(adapted(rules, {{TextDelta{"aE", &probabilities}, 0}, {TextDelta{"N", &probabilities}, 0},
                          finish(FinishReason::Stop)})
              .script == "text(a**EN) finish(stop)");
  }

  TEST_CASE("a fence and a stop sequence go together") {
    ReplyRules rules;
    rules.strip_fence = true;
    rules.stop = {"}\n"};
    CHECK(adapted(rules, {text("```json\n{\"a\":{"), text("}"), text("\n}\n```"),
          finish(FinishReason::Stop), kEnd}).script ==
          "text({\"a\":{) finish(stop_sequence,}\n) end");
  }
}

}  // namespace aigw::protocol::canonical
