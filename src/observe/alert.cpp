#include "observe/alert.h"

#include <utility>

#include "base/money.h"
#include "base/text.h"

namespace aigw::observe {
namespace {

using config::AlertEvent;

constexpr std::size_t kAlertReasonBytesMax = 300;
constexpr std::size_t kAlertNameBytesMax = 40;  // in a title, which has to fit a line
constexpr std::size_t kProblemsTold = 3;

// `Provider openai of gpt-4o`, `Key laptop`.
std::string in_words(const Alert::Subject& subject) {
  std::string words = subject.kind;
  words.front() = static_cast<char>(words.front() - 'a' + 'A');
  words += " " + shorten(subject.name, kAlertNameBytesMax);
  return subject.model.empty() ? words : words + " of " + shorten(subject.model, kAlertNameBytesMax);
}

std::string amount_text(Alert::Level::Unit unit, std::int64_t count) {
  return unit == Alert::Level::Unit::Dollars ? format_dollars(count) : std::to_string(count);
}

// `80 of 100 requests (period 0 0 * * *)`.
std::string in_words(const Alert::Level& level) {
  const std::string of = amount_text(level.unit, level.used) + " of " + amount_text(level.unit, level.limit) + " ";
  if (level.period.empty()) return of + "dollars of the balance";
  return of + to_string(level.unit) + " (period " + level.period + ")";
}

}  // namespace

Alert::Severity severity_of(AlertEvent event) {
  switch (event) {
    case AlertEvent::ProviderUp: return Alert::Severity::Good;
    case AlertEvent::Quota80:
    case AlertEvent::Budget80: return Alert::Severity::Warning;
    case AlertEvent::ProviderDown:
    case AlertEvent::QuotaExhausted:
    case AlertEvent::BudgetExhausted:
    case AlertEvent::ReloadFailed:
    case AlertEvent::DiskFull: break;
  }
  return Alert::Severity::Problem;
}

Alert provider_down(Alert::Subject provider, const std::string& last_error, WallTime at) {
  const std::string title = in_words(provider) + " is down";
  const std::string error = shorten(escape_control(last_error), kAlertReasonBytesMax);
  const std::string reason = error.empty() ? "" : ", at last: " + error;
  return {AlertEvent::ProviderDown, at, std::move(provider), {}, title,
          "It failed three times or more in a row" + reason + "."};
}

Alert provider_up(Alert::Subject provider, WallTime at) {
  const std::string title = in_words(provider) + " is up again";
  return {AlertEvent::ProviderUp, at, std::move(provider), {}, title, "It has answered a request."};
}

Alert level_reached(AlertEvent event, Alert::Subject subject, Alert::Level level, WallTime at) {
  const bool is_quota = event == AlertEvent::Quota80 || event == AlertEvent::QuotaExhausted;
  const bool is_full = event == AlertEvent::QuotaExhausted || event == AlertEvent::BudgetExhausted;
  const std::string what = is_quota ? "quota" : level.period.empty() ? "balance" : "budget";
  const std::string title =
      in_words(subject) + (is_full ? " has used up its " + what : " has used 80 % of its " + what);
  const std::string text = "Used: " + in_words(level) + ".";
  return {event, at, std::move(subject), std::move(level), title, text};
}

Alert reload_failed(const std::vector<config::Problem>& problems, WallTime at) {
  std::string text = "The old configuration stays in force.";
  for (std::size_t i = 0; i < problems.size() && i < kProblemsTold; ++i) {
    text += "\n" + shorten(escape_control(problems[i].text()), kAlertReasonBytesMax);
  }
  if (problems.size() > kProblemsTold) text += "\n… and " + std::to_string(problems.size() - kProblemsTold) + " more";
  const std::string count = std::to_string(problems.size()) + (problems.size() == 1 ? " problem" : " problems");
  return {AlertEvent::ReloadFailed, at, {"gateway", "", ""}, {}, "The new configuration has " + count, text};
}

Alert disk_full(WallTime at) {
  return {AlertEvent::DiskFull, at, {"gateway", "", ""}, {}, "Counters can't be saved",
          "The disk is full or can't be written. Requests are served, and counts are kept in memory meanwhile."};
}

const char* to_string(Alert::Severity severity) {
  switch (severity) {
    case Alert::Severity::Good: return "good";
    case Alert::Severity::Warning: return "warning";
    case Alert::Severity::Problem: return "problem";
  }
  return "";
}

const char* to_string(Alert::Level::Unit unit) {
  switch (unit) {
    case Alert::Level::Unit::Requests: return "requests";
    case Alert::Level::Unit::Tokens: return "tokens";
    case Alert::Level::Unit::Dollars: return "dollars";
  }
  return "";
}

}  // namespace aigw::observe
