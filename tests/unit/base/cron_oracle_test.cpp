// Cron over ten years in many zones, against an oracle that goes through every minute.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <doctest/doctest.h>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/cron.h"
#include "base/cron_oracle.h"
#include "base/zone.h"

namespace aigw {
namespace {

using oracle::Field;
using oracle::kHour;
using oracle::Matcher;
using oracle::Minute;
using oracle::WallClock;

// ---- expressions ---------------------------------------------------------------------------------------------

struct Expression {
  std::string text;
  Matcher matcher;
};

class Generator {
 public:
  std::string expression() {
    std::string text;
    for (const Field& field : oracle::kFields) text += (text.empty() ? "" : " ") + list(field);
    return text;
  }
  // From `min` to `max`, the same with every C++ library.
  Minute number(Minute min, Minute max) {
    return min + static_cast<Minute>(random_() % static_cast<std::uint64_t>(max - min + 1));
  }

 private:
  std::string list(const Field& field) {
    const Minute kind = number(0, 9);
    if (kind < 3) return "*";
    if (kind == 3) return "*/" + step(field);
    std::string text = item(field);
    for (Minute more = kind < 8 ? 0 : number(1, 3); more > 0; --more) text += "," + item(field);
    return text;
  }

  std::string item(const Field& field) {
    const Minute max = field.max == 6 ? 7 : field.max;
    const Minute value = number(field.min, max);
    const Minute last = number(value, max);
    const std::string first = name(value, field);
    switch (number(0, 5)) {
      case 0: return first + "-" + std::to_string(last);
      case 1: return std::to_string(value) + "-" + std::to_string(last) + "/" + step(field);
      case 2: return first + "/" + step(field);
      default: return first;
    }
  }

  std::string step(const Field& field) { return std::to_string(number(1, field.max)); }

  // A name in any case, or the number.
  std::string name(Minute value, const Field& field) {
    const auto index = static_cast<std::size_t>(value - field.min);
    if (index >= field.names.size() || number(0, 1) == 0) return std::to_string(value);
    std::string text = field.names[index];
    for (char& letter : text) {
      if (number(0, 1) == 0) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
  }

  std::mt19937_64 random_{20240506};
};

std::vector<Expression> expressions() {
  constexpr int kGenerated = 30;
  std::vector<Expression> all;
  for (const auto& [word, meaning] : {std::pair{"@hourly", "0 * * * *"},
                                      {"@daily", "0 0 * * *"},
                                      {"@midnight", "0 0 * * *"},
                                      {"@weekly", "0 0 * * 0"},
                                      {"@monthly", "0 0 1 * *"},
                                      {"@yearly", "0 0 1 1 *"},
                                      {"@annually", "0 0 1 1 *"}}) {
    all.push_back({word, Matcher(meaning)});
  }
  for (const char* text :
       {"* * * * *", "*/7 * * * *", "30 2 * * *", "59 1 * * *", "0 2,3 * * *", "15,45 1-2 * * *", "*/15 1-3 * * *",
        "1 0 * * *", "30 0,23 * * *", "10 12 30,31 * *", "0 */5 * * *", "0 0 29 2 *", "0 0 31 2,4,6 *",
        "0 12 13 * fri", "0 0 */2 * mon", "59 23 31 12 *", "5/10 3 * mar,oct sun", "45 2 8-14 3 *", "0 3 1-7 11 7",
        "20 4 * * sat-sun", "0 9-17/4 * * mon-FRI", "0 0 30 dec *", "0 22 * 2/3 5-7"}) {
    all.push_back({text, Matcher(text)});
  }
  Generator generator;
  for (int i = 0; i < kGenerated; ++i) {
    const std::string text = generator.expression();
    all.push_back({text, Matcher(text)});
  }
  return all;
}

// ---- comparing -----------------------------------------------------------------------------------------------

WallTime instant(Minute minute) { return WallTime{std::chrono::minutes{minute}}; }

// Texts are made for a difference only, they take long.
bool agree(const char* function, WallTime time, WallTime got, WallTime want) {
  if (got == want) return true;
  const std::string question = std::string(function).append(" ").append(text_of(time));
  CAPTURE(question);
  CHECK(text_of(got) == text_of(want));
  return false;
}

// The firings from `begin` to `end`, one after another.
bool chain_agrees(const Cron& cron, const std::vector<Minute>& want, Minute begin, Minute end) {
  WallTime time = instant(begin - 1);
  for (auto firing = std::lower_bound(want.begin(), want.end(), begin); firing != want.end() && *firing < end;
       ++firing) {
    const WallTime next = cron.next_after(time);
    if (!agree("next_after", time, next, instant(*firing))) return false;
    time = next;
  }
  const bool nothing_more = cron.next_after(time) >= instant(end);
  CHECK(nothing_more);
  return nothing_more;
}

// Both questions at one time, as far as the ten years know the answer.
bool neighbours_agree(const Cron& cron, const std::vector<Minute>& want, Minute moment, int second) {
  const WallTime time = instant(moment) + std::chrono::seconds{second};
  const auto after = std::upper_bound(want.begin(), want.end(), moment);
  return (after == want.end() || agree("next_after", time, cron.next_after(time), instant(*after))) &&
         (after == want.begin() ||
          agree("last_at_or_before", time, cron.last_at_or_before(time), instant(*std::prev(after))));
}

// Where the clock changes, everything is compared; elsewhere as much as a few seconds allow. Ends with the first
// difference: there would be thousands.
void compare(const Cron& cron, const std::vector<Minute>& want, const WallClock& clock) {
  constexpr std::size_t kWholeChain = 20'000;
  constexpr std::size_t kSampled = 300;
  constexpr Minute kAround = 30 * kHour;  // Samoa left out a whole day

  std::vector<Minute> moments;
  const std::size_t stride = want.size() / kSampled + 1;
  for (std::size_t i = 0; i < want.size(); i += stride) moments.insert(moments.end(), {want[i] - 1, want[i]});
  Generator random;
  for (std::size_t i = 0; i < kSampled; ++i) moments.push_back(random.number(clock.begin, clock.end - 1));
  for (const Minute change : clock.changes) {
    for (int i = 0; i < 20; ++i) moments.push_back(change + random.number(-3 * kHour, 3 * kHour));
    for (const Minute side : {-1, 0}) moments.push_back(change + side);
  }
  for (const Minute moment : moments) {
    if (!neighbours_agree(cron, want, moment, moment % 3 == 0 ? 59 : 0)) return;
  }

  if (want.size() <= kWholeChain) {
    chain_agrees(cron, want, clock.begin, clock.end);
    return;
  }
  if (!chain_agrees(cron, want, clock.begin, clock.begin + kAround)) return;
  for (const Minute change : clock.changes) {
    if (!chain_agrees(cron, want, change - kAround, change + kAround)) return;
  }
}

// Ten years of the past, which no new zone database changes.
struct Decade {
  std::string zone;
  int year;                   // the first one
  Minute offset;              // from UTC when it begins
  std::size_t clock_changes;  // in these years
};

}  // namespace

TEST_SUITE("base/cron_oracle") {

TEST_CASE("over ten years it fires when going through every minute finds that it must") {
  const Decade decades[] = {
      {"UTC", 2014, 0, 0},
      {"Europe/Berlin", 2014, 60, 20},
      {"America/New_York", 2014, -300, 20},
      {"Australia/Sydney", 2014, 660, 20},
      {"Asia/Kolkata", 2014, 330, 0},
      {"Australia/Lord_Howe", 2014, 660, 20},   // changes by half an hour
      {"America/St_Johns", 2004, -210, 20},     // changed one minute past midnight
      {"America/Sao_Paulo", 2009, -120, 20},    // jumped at midnight
      {"Pacific/Apia", 2009, -660, 18},         // left out 30 December 2011
  };
  const std::vector<Expression> all = expressions();
  for (const Decade& decade : decades) {
    CAPTURE(decade.zone);
    const Zone zone(decade.zone.c_str());
    const WallClock clock = oracle::watch(decade.year, 10);
    REQUIRE_MESSAGE(clock.offset == decade.offset, "is tzdata installed?");
    REQUIRE_MESSAGE(clock.changes.size() == decade.clock_changes, "is tzdata installed?");
    for (const Expression& expression : all) {
      CAPTURE(expression.text);
      const std::vector<Minute> want = firings_of(expression.matcher, clock);
      const Result<Cron> cron = Cron::parse(expression.text);
      // What can never fire is refused; the rarest dates may lie outside of the ten years.
      if (cron) {
        compare(*cron, want, clock);
      } else {
        CHECK_MESSAGE(want.empty(), cron.error().detail);
      }
    }
  }
}

}  // TEST_SUITE

}  // namespace aigw
