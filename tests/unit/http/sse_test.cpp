#include "http/sse.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::http {
namespace {

constexpr std::size_t kNoLimit = 1024 * 1024;

struct Seen {
  SseEvent::Kind kind;
  std::string raw;
  std::string name;
  std::string data;
  bool operator==(const Seen&) const = default;
};

// For doctest's messages.
std::string to_text(const std::vector<Seen>& events) {
  std::string text;
  for (const Seen& event : events) {
    constexpr const char* kNames[] = {"Event", "Comment", "Fragment"};
    text += std::string(kNames[static_cast<int>(event.kind)]) + " name=" + event.name + " data=" + event.data + '\n';
  }
  return text;
}

void take_all(SseSplitter& splitter, std::vector<Seen>& seen) {
  while (const std::optional<SseEvent> event = splitter.next()) {
    seen.push_back({event->kind, std::string(event->raw), std::string(event->name), std::string(event->data)});
  }
}

// Feeds the pieces and the end.
std::vector<Seen> split(const std::vector<std::string_view>& pieces, std::size_t limit = kNoLimit) {
  SseSplitter splitter(limit);
  std::vector<Seen> seen;
  for (const std::string_view piece : pieces) {
    splitter.feed(piece);
    take_all(splitter, seen);
  }
  if (const std::optional<SseEvent> event = splitter.finish()) {
    seen.push_back({event->kind, std::string(event->raw), std::string(event->name), std::string(event->data)});
  }
  CHECK_FALSE(splitter.finish());
  return seen;
}

Seen event(std::string raw, std::string data, std::string name = "") {
  return {SseEvent::Kind::Event, std::move(raw), std::move(name), std::move(data)};
}

Seen comment(std::string raw, std::string name = "") {
  return {SseEvent::Kind::Comment, std::move(raw), std::move(name), ""};
}

struct Sample {
  std::string name;
  std::string text;
  std::vector<Seen> want;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> table = {
      {"LF", "data: a\n\ndata: b\n\n", {event("data: a\n\n", "a"), event("data: b\n\n", "b")}},
      {"CR LF", "data: a\r\n\r\ndata: b\r\n\r\n", {event("data: a\r\n\r\n", "a"), event("data: b\r\n\r\n", "b")}},
      {"CR", "data: a\r\rdata: b\r\r", {event("data: a\r\r", "a"), event("data: b\r\r", "b")}},
      {"mixed line ends",
       "data: a\r\n\ndata: b\n\rdata: c\r\r\n",
       {event("data: a\r\n\n", "a"), event("data: b\n\r", "b"), event("data: c\r\r\n", "c")}},
      {"no blank behind the colon", "data:a\n\n", {event("data:a\n\n", "a")}},
      {"one blank is taken off, no more", "data:  a\n\n", {event("data:  a\n\n", " a")}},
      {"several data lines", "data: a\ndata:\ndata: b\n\n", {event("data: a\ndata:\ndata: b\n\n", "a\n\nb")}},
      {"data of one empty and one full line", "data\ndata: b\n\n", {event("data\ndata: b\n\n", "\nb")}},
      {"name before and after",
       "event: x\ndata: a\n\ndata: b\nevent: y\n\ndata: c\n\n",
       {event("event: x\ndata: a\n\n", "a", "x"), event("data: b\nevent: y\n\n", "b", "y"), event("data: c\n\n", "c")}},
      {"comments",
       ": ping\n\ndata: a\n: between\n\n:\n\n",
       {comment(": ping\n\n"), event("data: a\n: between\n\n", "a"), comment(":\n\n")}},
      {"fields without data",
       "event: ping\nid: 1\nretry: 5\n\ndata:\n\n",
       {comment("event: ping\nid: 1\nretry: 5\n\n", "ping"), comment("data:\n\n")}},
      {"empty lines between events",
       "\n\ndata: a\n\n\n",
       {comment("\n"), comment("\n"), event("data: a\n\n", "a"), comment("\n")}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {event("\xEF\xBB\xBF"
              "data: a\n\n",
              "a")}},
      {"a mark later is part of a name",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {event("data: a\n\n", "a"), comment("\xEF\xBB\xBF"
                                           "data: b\n\n")}},
      {"multi-byte characters",
       "data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n",
       {event("data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n", "\xE2\x82\xAC\xF0\x9F\x98\x80")}},
      {"other separators are data",
       "data: a\xE2\x80\xA8"
       "b\xC2\x85"
       "c\n\n",
       {event("data: a\xE2\x80\xA8"
              "b\xC2\x85"
              "c\n\n",
              "a\xE2\x80\xA8"
              "b\xC2\x85"
              "c")}},
      {"other fields and a colon in the value",
       "datax: a\ndata: {\"a\":1}\n\n",
       {event("datax: a\ndata: {\"a\":1}\n\n", "{\"a\":1}")}},
      {"end without an empty line", "data: a\n\ndata: b\n", {event("data: a\n\n", "a"), event("data: b\n", "b")}},
      {"end inside a line", "data: a\n\ndata: [DONE]", {event("data: a\n\n", "a"), event("data: [DONE]", "[DONE]")}},
      {"end inside CR LF", "data: a\r\n\r", {event("data: a\r\n\r", "a")}},
      {"only a piece of a mark", "\xEF\xBB", {comment("\xEF\xBB")}},
      {"nothing", "", {}},
  };
  return table;
}

}  // namespace

TEST_SUITE("http/sse") {
  TEST_CASE("a stream is cut into the same events wherever its reads end") {
    for (const Sample& sample : samples()) {
      CAPTURE(sample.name);
      const std::string_view text = sample.text;
      CHECK(to_text(split({text})) == to_text(sample.want));
      CHECK(split({text}) == sample.want);
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        CAPTURE(cut);
        CHECK(split({text.substr(0, cut), text.substr(cut)}) == sample.want);
      }
      std::vector<std::string_view> bytes;
      for (std::size_t at = 0; at < text.size(); ++at) bytes.push_back(text.substr(at, 1));
      CHECK(split(bytes) == sample.want);
    }
  }

  TEST_CASE("the raw bytes of all events are the stream") {
    for (const Sample& sample : samples()) {
      CAPTURE(sample.name);
      for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{8}, kNoLimit}) {
        for (std::size_t cut = 0; cut <= sample.text.size(); ++cut) {
          CAPTURE(limit);
          CAPTURE(cut);
          const std::string_view text = sample.text;
          std::string together;
          for (const Seen& seen : split({text.substr(0, cut), text.substr(cut)}, limit)) together += seen.raw;
          CHECK(together == sample.text);
        }
      }
    }
  }

  TEST_CASE("an event that ends in LF does not wait for the next byte") {
    for (const char* text : {"data: a\n\n", "data: a\r\n\r\n"}) {
      CAPTURE(text);
      SseSplitter splitter(kNoLimit);
      splitter.feed(text);
      const std::optional<SseEvent> first = splitter.next();
      REQUIRE(first);
      CHECK(first->raw == text);
      CHECK_FALSE(splitter.next());
    }
  }

  TEST_CASE("an event over the limit comes out as fragments as its bytes arrive, and the next one whole") {
    SseSplitter splitter(16);
    std::vector<Seen> seen;
    splitter.feed("data: 0123456789abcdef");
    take_all(splitter, seen);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].kind == SseEvent::Kind::Fragment);
    CHECK(seen[0].raw == "data: 0123456789abcdef");
    CHECK(splitter.in_fragment());
    splitter.feed("ghi\r\ndata: more\r");
    take_all(splitter, seen);
    REQUIRE(seen.size() == 2);
    CHECK(seen[1].raw == "ghi\r\ndata: more");
    splitter.feed("\n\r\ndata: b\n\n");
    take_all(splitter, seen);
    REQUIRE(seen.size() == 4);
    CHECK(seen[2] == Seen{SseEvent::Kind::Fragment, "\r\n\r\n", "", ""});
    CHECK(seen[3] == event("data: b\n\n", "b"));
    CHECK_FALSE(splitter.in_fragment());
  }

  TEST_CASE("an event of exactly the limit is whole, one byte more is a fragment, in one read or in two") {
    const std::string fits = "data: 01234567\n\n";
    const std::string too_large = "data: 012345678\n\n";
    for (std::size_t cut = 0; cut <= fits.size(); ++cut) {
      CAPTURE(cut);
      const std::string_view a = fits, b = too_large;
      CHECK(split({a.substr(0, cut), a.substr(cut)}, 16) == std::vector<Seen>{event(fits, "01234567")});
      for (const Seen& seen : split({b.substr(0, cut), b.substr(cut)}, 16))
        CHECK(seen.kind == SseEvent::Kind::Fragment);
    }
  }

  TEST_CASE("an event of 20 MB on one line is whole where the limit allows it") {
    const std::string data(20 * 1024 * 1024, 'x');
    const std::string text = "data: " + data + "\n\ndata: b\n\n";
    SseSplitter splitter(32 * 1024 * 1024);
    std::size_t large = 0, small = 0;
    for (std::size_t at = 0; at < text.size(); at += 16384) {
      splitter.feed(std::string_view(text).substr(at, 16384));
      while (const std::optional<SseEvent> event = splitter.next()) {
        large += event->data == data ? 1U : 0U;
        small += event->data == "b" ? 1U : 0U;
      }
    }
    CHECK(large == 1);
    CHECK(small == 1);
  }

  TEST_CASE("behind the data there are bytes to read") {
    for (const char* text : {"data: a\n\n", "data: a\ndata: b\n\n"}) {
      SseSplitter splitter(kNoLimit);
      splitter.feed(text);
      const std::optional<SseEvent> event = splitter.next();
      REQUIRE(event);
      // Under AddressSanitizer this ends the test where it is not so.
      int sum = 0;
      for (std::size_t at = 0; at < SseSplitter::kPadding; ++at) sum += event->data.data()[event->data.size() + at];
      CHECK(sum >= 0);
    }
  }
}

}  // namespace aigw::http
