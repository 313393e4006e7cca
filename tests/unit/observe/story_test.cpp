#include "observe/story.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace aigw::observe {
namespace {

using Outcome = Story::Attempt::Outcome;
using For = Story::Pause::For;

Story::Attempt attempt(const std::string& provider, Outcome outcome, int began = 0, int ended = 0) {
  Story::Attempt made;
  made.provider = provider;
  made.outcome = outcome;
  made.began = Offset{began};
  made.ended = Offset{ended};
  return made;
}

Story::Pause pause(For reason, int began, int ended) { return {reason, Offset{began}, Offset{ended}}; }

}  // namespace

TEST_SUITE("observe/story") {

TEST_CASE("overhead is what is left of the whole without attempts and pauses") {
  struct Row {
    const char* name;
    int ended;
    std::vector<Story::Attempt> attempts;
    std::vector<Story::Pause> pauses;
    int waited_beyond;
    int want;
  };
  const Row rows[] = {
      {"refused at once", 70, {}, {}, 0, 70},
      {"one attempt", 1000, {attempt("a", Outcome::Answered, 60, 960)}, {}, 0, 100},
      {"failed ones count, too", 1000,
       {attempt("a", Outcome::Failed, 50, 250), attempt("b", Outcome::Cut, 300, 1000)}, {}, 0, 100},
      {"pauses of each kind", 1000, {},
       {pause(For::Body, 0, 100), pause(For::Allowance, 100, 200), pause(For::Room, 200, 300),
        pause(For::Cooldown, 300, 400), pause(For::Retry, 400, 500)}, 0, 500},
      {"attempts and pauses", 1000,
       {attempt("a", Outcome::Failed, 100, 300), attempt("a", Outcome::Answered, 600, 990)},
       {pause(For::Retry, 300, 600)}, 0, 110},
      {"what is not listed", 1000, {attempt("a", Outcome::Answered, 500, 900)}, {}, 450, 150},
      {"nothing took any time", 0, {attempt("a", Outcome::Answered)}, {pause(For::Body, 0, 0)}, 0, 0},
      {"overlapping ones leave nothing, and no less", 1000, {attempt("a", Outcome::Answered, 0, 1000)},
       {pause(For::Body, 0, 600)}, 0, 0},
      {"an attempt that was never ended", 1000, {attempt("a", Outcome::Failed, 1000, 1000)}, {}, 2000, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Story story;
    story.ended = Offset{row.ended};
    story.attempts = row.attempts;
    story.pauses = row.pauses;
    story.waited_beyond = Offset{row.waited_beyond};
    CHECK(story.overhead().count() == row.want);
  }
}

TEST_CASE("a switch is another provider than the one asked before") {
  struct Row {
    const char* name;
    std::vector<Story::Attempt> attempts;
    int want;
  };
  const auto failed = [](const char* provider) { return attempt(provider, Outcome::Failed); };
  const auto rejected = [](const char* provider) { return attempt(provider, Outcome::Rejected); };
  const auto answered = [](const char* provider) { return attempt(provider, Outcome::Answered); };
  const Row rows[] = {
      {"nobody was asked", {}, 0},
      {"the first one answered", {answered("a")}, 0},
      {"retries are none", {failed("a"), failed("a"), answered("a")}, 0},
      {"one", {failed("a"), answered("b")}, 1},
      {"two, with retries", {failed("a"), failed("a"), failed("b"), failed("b"), answered("c")}, 2},
      {"who could not be asked was not asked", {rejected("a"), answered("b")}, 0},
      {"and is left out in the middle", {failed("a"), rejected("b"), answered("c")}, 1},
      {"nor does it part two tries", {failed("a"), rejected("b"), answered("a")}, 0},
      {"all failed", {failed("a"), failed("b"), failed("c")}, 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Story story;
    story.attempts = row.attempts;
    CHECK(story.switches() == row.want);
  }
}

TEST_CASE("a story has failed when the client did not get a whole answer, and it was not its own fault") {
  struct Row {
    int status;
    const char* error;
    bool want;
  };
  for (const Row& row : {Row{200, "", false}, Row{200, "answer broke off", true}, Row{400, "no model", false},
                         Row{401, "no key", false}, Row{429, "too many", false}, Row{499, "", false},
                         Row{499, "cut at the end of shutdown_grace", false}, Row{500, "", true},
                         Row{502, "all failed", true},
                         Row{503, "", true}, Row{504, "", true}}) {
    CAPTURE(row.status);
    CAPTURE(row.error);
    Story story;
    story.status = row.status;
    story.error = row.error;
    CHECK(story.failed() == row.want);
  }
}

TEST_CASE("bytes grow with each text and each part") {
  struct Row {
    const char* name;
    std::function<std::string*(Story&)> text;
  };
  const Row rows[] = {
      {"id", [](Story& s) { return &s.id; }},
      {"trace state", [](Story& s) { return &s.trace.state; }},
      {"client", [](Story& s) { return &s.client; }},
      {"key", [](Story& s) { return &s.key; }},
      {"owner", [](Story& s) { return &s.owner; }},
      {"path", [](Story& s) { return &s.path; }},
      {"model", [](Story& s) { return &s.model; }},
      {"route", [](Story& s) { return &s.route; }},
      {"strategy", [](Story& s) { return &s.strategy; }},
      {"provider", [](Story& s) { return &s.provider; }},
      {"error", [](Story& s) { return &s.error; }},
      {"dropped", [](Story& s) { return &s.dropped; }},
      {"choice's provider", [](Story& s) { return &s.choices[0].provider; }},
      {"choice's why", [](Story& s) { return &s.choices[0].why; }},
      {"skipped provider", [](Story& s) { return &s.choices[0].skipped[0].provider; }},
      {"skip's reason", [](Story& s) { return &s.choices[0].skipped[0].reason; }},
      {"attempt's provider", [](Story& s) { return &s.attempts[0].provider; }},
      {"attempt's model", [](Story& s) { return &s.attempts[0].model; }},
      {"attempt's server", [](Story& s) { return &s.attempts[0].server; }},
      {"attempt's reason", [](Story& s) { return &s.attempts[0].reason; }},
      {"attempt's dropped", [](Story& s) { return &s.attempts[0].dropped; }},
      {"captured request", [](Story& s) { return &s.capture->request; }},
      {"captured answer", [](Story& s) { return &s.capture->answer; }},
  };
  Story story;
  story.choices.emplace_back().skipped.emplace_back();
  story.attempts.emplace_back();
  story.capture = Story::Capture{};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::size_t before = story.bytes();
    row.text(story)->assign(10'000, 'x');
    CHECK(story.bytes() >= before + 9'900);
  }

  const auto grows = [&](const auto& change, std::size_t least) {
    const std::size_t before = story.bytes();
    change();
    return story.bytes() >= before + least;
  };
  CHECK(grows([&] { story.pauses.emplace_back(); }, sizeof(Story::Pause)));
  CHECK(grows([&] { story.attempts.emplace_back(); }, sizeof(Story::Attempt)));
  CHECK(grows([&] { story.choices.emplace_back(); }, sizeof(Story::Choice)));
  CHECK(grows([&] { story.choices[1].skipped.emplace_back(); }, sizeof(Story::Skip)));
  CHECK(Story{}.bytes() >= sizeof(Story));
}

TEST_CASE("outcomes and pauses have names") {
  CHECK(std::string(to_string(Outcome::Answered)) == "answered");
  CHECK(std::string(to_string(Outcome::Failed)) == "failed");
  CHECK(std::string(to_string(Outcome::Cut)) == "cut");
  CHECK(std::string(to_string(Outcome::ClientGone)) == "client_gone");
  CHECK(std::string(to_string(Outcome::Rejected)) == "rejected");
  CHECK(std::string(to_string(For::Body)) == "body");
  CHECK(std::string(to_string(For::Allowance)) == "allowance");
  CHECK(std::string(to_string(For::Room)) == "room");
  CHECK(std::string(to_string(For::Cooldown)) == "cooldown");
  CHECK(std::string(to_string(For::Retry)) == "retry");
}

}

}  // namespace aigw::observe
