#include "observe/trace_context.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace aigw::observe {
namespace {

const std::string kTrace = "12345678901234567890123456789012";
const std::string kParent = "1234567890123456";
const std::string kValid = "00-" + kTrace + "-" + kParent + "-01";

std::string repeated(std::size_t count, char c) { return std::string(count, c); }

std::string members(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "k" : ",k") + std::to_string(i) + "=1";
  return text;
}

bool is_new(const TraceContext& context) {
  return context.trace != TraceId{} && to_hex(context.trace) != kTrace && context.parent == SpanId{} &&
         context.span != SpanId{} && context.sampled() && context.state.empty() && !context.continued();
}

}  // namespace

TEST_SUITE("observe/trace_context") {
  TEST_CASE("a valid traceparent is continued under a new span") {
    const TraceContext context = continue_trace(kValid, "");
    CHECK(to_hex(context.trace) == kTrace);
    CHECK(to_hex(context.parent) == kParent);
    CHECK(context.continued());
    CHECK(context.span != SpanId{});
    CHECK(to_hex(context.span) != kParent);
    CHECK(context.flags == 1);
    CHECK(traceparent(context, context.parent) == kValid);
  }

  // The rows of w3c/trace-context, test/test.py, as of commit 00a91ac.
  TEST_CASE("what is no traceparent begins a new trace that is sampled") {
    const std::string ids = kTrace + "-" + kParent;
    for (const std::string& text :
         {std::string(), kValid + ".", kValid + "-what-the-future-will-be-like", "cc-" + ids + "-01.what",
          "ff-" + ids + "-01", ".0-" + ids + "-01", "0.-" + ids + "-01", "000-" + ids + "-01", "0000-" + ids + "-01",
          "0-" + ids + "-01", "00-" + repeated(32, '0') + "-" + kParent + "-01",
          "00-." + kTrace.substr(1) + "-" + kParent + "-01", "00-" + kTrace.substr(1) + ".-" + kParent + "-01",
          "00-" + kTrace + "3-" + kParent + "-01", "00-" + kTrace.substr(1) + "-" + kParent + "-01",
          "00-" + kTrace + "-" + repeated(16, '0') + "-01", "00-" + kTrace + "-.234567890123456-01",
          "00-" + kTrace + "-123456789012345.-01", "00-" + kTrace + "-12345678901234567-01",
          "00-" + kTrace + "-123456789012345-01", "00-" + ids + "-.0", "00-" + ids + "-0.", "00-" + ids + "-001",
          "00-" + ids + "-1", "00-" + ids, "00-" + ids + "-0A", "CC-" + ids + "-01",
          "00-ABCDEF78901234567890123456789012-" + kParent + "-01", "00_" + ids + "-01",
          "00-" + kTrace + "_" + kParent + "-01", "00-" + ids + "_01"}) {
      CAPTURE(text);
      CHECK(is_new(continue_trace(text, "foo=1")));
    }
  }

  TEST_CASE("a later version is read as far as this one is known") {
    for (const std::string& text : {"cc" + kValid.substr(2), "cc" + kValid.substr(2) + "-what-the-future-will-be-like",
                                    "01" + kValid.substr(2) + "-"}) {
      CAPTURE(text);
      const TraceContext context = continue_trace(text, "");
      CHECK(to_hex(context.trace) == kTrace);
      CHECK(traceparent(context, context.parent) == kValid);
    }
  }

  TEST_CASE("of the flags only the sampled one is passed on") {
    struct Row {
      const char* flags;
      bool sampled;
      const char* passed;
    };
    for (const Row& row : {Row{"00", false, "00"}, Row{"01", true, "01"}, Row{"02", false, "00"}, Row{"ff", true, "01"},
                           Row{"fe", false, "00"}}) {
      CAPTURE(row.flags);
      const TraceContext context = continue_trace("00-" + kTrace + "-" + kParent + "-" + row.flags, "");
      CHECK(context.sampled() == row.sampled);
      CHECK(traceparent(context, context.span).substr(53) == row.passed);
    }
  }

  TEST_CASE("a valid tracestate is passed on as it came") {
    const std::string all_values = [] {
      std::string text;
      for (char c = ' '; c <= '~'; ++c) text += c == ',' || c == '=' ? '!' : c;
      return text;
    }();
    for (const std::string& state :
         {std::string("foo=1"), std::string("foo=1,bar=2"), std::string("foo=1 \t , \t bar=2, \t baz=3"),
          std::string("foo=1,"), std::string(",foo=1,,bar=2"), std::string("foo=1,foo=1"), std::string("foo=1,foo=2"),
          "foo=1," + repeated(256, 'z') + "=1", repeated(241, 't') + "@" + repeated(14, 'v') + "=1",
          std::string("0tenant@system=1"), std::string("abcdefghijklmnopqrstuvwxyz0123456789_-*/=1"),
          "foo=" + all_values, "foo=" + repeated(256, 'v'), std::string("foo= 1"), members(32),
          "foo=" + repeated(250, 'v') + ",b=" + repeated(255, 'v')}) {
      CAPTURE(state);
      CHECK(continue_trace(kValid, state).state == state);
    }
  }

  TEST_CASE("a tracestate that is not valid is left out, and the trace is continued") {
    for (const std::string& state :
         {std::string(), std::string(","), std::string("foo"), std::string("foo =1"), std::string("FOO=1"),
          std::string("foo.bar=1"), std::string("foo@=1,bar=2"), std::string("@foo=1,bar=2"),
          std::string("foo@@bar=1,bar=2"), std::string("foo@bar@baz=1,bar=2"), "foo=1," + repeated(257, 'z') + "=1",
          repeated(242, 't') + "@v=1", "t@" + repeated(15, 'v') + "=1", std::string("0foo=1"), std::string("t@0=1"),
          std::string("foo=bar=baz"), std::string("foo=,bar=3"), std::string("=1"), "foo=" + repeated(257, 'v'),
          std::string("foo=\x1f"), std::string("foo=\xc3\xa9"), members(33),
          "foo=" + repeated(250, 'v') + ",b=" + repeated(256, 'v')}) {
      CAPTURE(state);
      const TraceContext context = continue_trace(kValid, state);
      CHECK(context.state.empty());
      CHECK(to_hex(context.trace) == kTrace);
    }
  }

  TEST_CASE("fields of a head are found in any case, and combined as the standard says") {
    const auto of = [](const http::Headers& headers) { return continue_trace(headers); };
    CHECK(to_hex(of({{"TRACEPARENT", kValid}}).trace) == kTrace);
    CHECK(of({{"TraceParent", kValid}, {"TRACESTATE", "foo=1"}}).state == "foo=1");
    CHECK(of({{"tracestate", "foo=1"}, {"traceparent", kValid}, {"tracestate", "bar=2"}}).state == "foo=1,bar=2");
    CHECK(of({{"traceparent", kValid}, {"tracestate", ""}, {"tracestate", "bar=2"}}).state == "bar=2");
    CHECK(of({{"traceparent", kValid}, {"trace-state", "foo=1"}}).state.empty());
    CHECK(is_new(of({})));
    CHECK(is_new(of({{"tracestate", "foo=1"}})));
    CHECK(is_new(of({{"trace-parent", kValid}})));
    CHECK(is_new(of({{"traceparent", kValid}, {"traceparent", kValid}})));
    CHECK(is_new(of({{"traceparent", ""}, {"Traceparent", kValid}})));
  }

  TEST_CASE("a provider is told of a trace that the client began or that is exported, and of no other") {
    const TraceContext continued = continue_trace(kValid, "foo=1");
    const TraceContext begun = continue_trace("", "");
    const SpanId span = new_span_id();
    for (const bool exporting : {false, true}) {
      const http::Headers headers = trace_headers(continued, span, exporting);
      const SpanId parent = exporting ? span : continued.parent;
      CHECK(headers.get("traceparent") == "00-" + kTrace + "-" + to_hex(parent) + "-01");
      CHECK(headers.get("tracestate") == "foo=1");
    }
    CHECK(trace_headers(begun, span, false).empty());
    const http::Headers headers = trace_headers(begun, span, true);
    CHECK(headers.get("traceparent") == "00-" + to_hex(begun.trace) + "-" + to_hex(span) + "-01");
    CHECK_FALSE(headers.has("tracestate"));
  }

  TEST_CASE("new ids differ, on all threads") {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kEach = 500;
    std::vector<std::vector<std::string>> ids(kThreads);
    std::vector<std::thread> threads;
    for (std::vector<std::string>& own : ids) {
      threads.emplace_back([&own] {
        for (std::size_t i = 0; i < kEach; ++i) {
          const TraceContext context = continue_trace("", "");
          own.push_back(to_hex(context.trace));
          own.push_back(to_hex(context.span));
          own.push_back(to_hex(new_span_id()));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::string> all;
    for (const std::vector<std::string>& own : ids) all.insert(own.begin(), own.end());
    CHECK(all.size() == kThreads * kEach * 3);
  }
}

}  // namespace aigw::observe
