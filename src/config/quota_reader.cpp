#include "config/quota_reader.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/cron.h"
#include "base/period.h"
#include "base/text.h"

namespace aigw::config {
namespace {

constexpr std::size_t kWindowsMax = 8;
constexpr NanoDollars kCostMax = 1'000'000'000 * kDollar;  // what is used and what is held add up without an overflow

// The parsers repeat the text; what comes from the environment is not ours to show.
std::optional<std::string> read_cron(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const Result<Cron> cron = Cron::parse(given->value);
  if (cron) return std::string(trim(given->value));
  if (Period::parse_duration(given->value)) {
    value.refuse("expected a cron expression; a time like 5h, and never, is written as \"period\"");
  } else {
    value.refuse(given->filled() ? "with its variables filled in, this is no cron expression" : cron.error().detail);
  }
  return std::nullopt;
}

std::optional<std::string> read_duration(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const Result<Period> duration = Period::parse_duration(given->value);
  if (duration) return duration->text();
  if (Cron::parse(given->value)) {
    value.refuse("expected a time like 5h, or never; a cron expression is written as \"period_cron\"");
  } else {
    value.refuse(given->filled() ? "with its variables filled in, this is no time like 5h" : duration.error().detail);
  }
  return std::nullopt;
}

Read<WindowDraft> period(std::string QuotaWindow::*field, std::optional<std::string> (*read)(const Value&)) {
  return [=](const Value& value, WindowDraft& into) {
    const auto given = read(value);
    if (given) into.*field = *given;
    into.period_known = into.period_known && given;
  };
}

// Nothing for a window whose period is not known.
std::optional<QuotaWindow> read_window(const Value& value) {
  WindowDraft window;
  if (!read_object(value, window_fields(), window)) return std::nullopt;
  const std::set<std::string> given = names_given(value);
  const bool limits = given.contains("requests_per_period") || given.contains("tokens_per_period") ||
                      given.contains("cost_per_period");
  if (!limits) {
    value.refuse("limits nothing: requests_per_period, tokens_per_period or cost_per_period is required");
  }
  if (given.contains("period") && given.contains("period_cron")) {
    value.refuse("period and period_cron exclude each other: remove period_cron to count from the first request, "
                 "period to be reset at fixed times");
    return std::nullopt;
  }
  return window.period_known ? std::optional<QuotaWindow>(window) : std::nullopt;
}

std::optional<Quota> read_windows(const Value& value) {
  const auto windows = value.one_or_more();
  if (!windows) return std::nullopt;
  if (windows->empty()) value.refuse("at least one window is required; null for no quota");
  if (windows->size() > kWindowsMax) {
    value.refuse("expected at most " + std::to_string(kWindowsMax) + " windows, got " +
                 std::to_string(windows->size()));
    return std::nullopt;
  }
  Quota limits;
  std::vector<std::pair<Period, std::size_t>> taken;  // period and which window has it
  for (std::size_t i = 0; i < windows->size(); ++i) {
    const Value& each = (*windows)[i];
    const auto window = read_window(each);
    if (!window) continue;
    const Result<Period> period = Period::parse(window->period_text());  // it was checked when it was read
    const auto same = std::find_if(taken.begin(), taken.end(), [&](const auto& one) { return one.first == *period; });
    if (same != taken.end()) {
      each.refuse("has the same period as " + element_path("", same->second) + "; put their limits into one window");
    }
    taken.emplace_back(*period, i);
    limits.push_back(*window);
  }
  return limits;
}

}  // namespace

const Fields<WindowDraft>& window_fields() {
  static const Fields<WindowDraft> fields = {
      {"requests_per_period", count_or_null<QuotaWindow>(&QuotaWindow::requests_per_period)},
      {"tokens_per_period", count_or_null<QuotaWindow>(&QuotaWindow::tokens_per_period)},
      {"cost_per_period", or_null<QuotaWindow, NanoDollars>(
                              &QuotaWindow::cost_per_period,
                              [](const Value& value) { return value.dollars(1, kCostMax); })},
      {"period_cron", period(&QuotaWindow::period_cron, read_cron)},
      {"period", period(&QuotaWindow::period, read_duration)},
  };
  return fields;
}

std::optional<Quota> read_quota(const Value& value) { return value.is_null() ? Quota{} : read_windows(value); }

}  // namespace aigw::config
