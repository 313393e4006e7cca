#include "config/quota_reader.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "config/loading.h"

namespace aigw::config {
namespace {

struct Row {
  std::string text;
  std::string want;
};

QuotaWindow requests(std::int64_t count, const std::string& cron) { return {count, std::nullopt, cron, ""}; }

}  // namespace

TEST_SUITE("config/quota_reader") {

TEST_CASE("a quota has one window or several") {
  const Row rows[] = {
      {"null", ""},
      {R"({"requests_per_period": 5})", "5/- 0 0 * * *\n"},
      {R"({"tokens_per_period": 7, "period_cron": " @daily\n"})", "-/7 @daily\n"},
      {R"({"requests_per_period": 5, "tokens_per_period": 7, "period": " 5h "})", "5/7 5h\n"},
      {R"([{"requests_per_period": 5, "tokens_per_period": null}])", "5/- 0 0 * * *\n"},
      {R"([{"requests_per_period": 5, "period": "${LONG:-5h}"}, {"tokens_per_period": 7, "period": "1w"},
           {"requests_per_period": 9, "period_cron": "0 0 1 * *"}])", "5/- 5h\n-/7 1w\n9/- 0 0 1 * *\n"},
      {R"({"cost_per_period": 0.1})", "-/- $0.1 0 0 * * *\n"},
      {R"([{"cost_per_period": 1e9, "tokens_per_period": 7, "period": " never"},
           {"cost_per_period": 0.000000001, "requests_per_period": null}])",
       "-/7 $1000000000 never\n-/- $0.000000001 0 0 * * *\n"},
  };
  const auto text_of_count = [](const std::optional<std::int64_t>& count) {
    return count ? std::to_string(*count) : "-";
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::vector<Provider> providers = providers_of(with_provider("\"rate_limit\": " + row.text));
    std::string got;
    for (const QuotaWindow& window : providers[0].quota) {
      got += text_of_count(window.requests_per_period) + "/" + text_of_count(window.tokens_per_period) + " ";
      if (window.cost_per_period) got += "$" + format_dollars(*window.cost_per_period) + " ";
      got += window.period_text() + "\n";
    }
    CHECK(got == row.want);
  }
}

TEST_CASE("a quota is refused with the path of the window") {
  const std::string nothing = "limits nothing: requests_per_period, tokens_per_period or cost_per_period is required\n";
  const std::string dollars =
      ".cost_per_period: expected a number of dollars from 0.000000001 to 1000000000 with at most nine decimals, got ";
  const std::string both =
      "period and period_cron exclude each other: remove period_cron to count from the first request, period to be "
      "reset at fixed times\n";
  const Row rows[] = {
      {"5", ": expected an object or an array of objects, got a number\n"},
      {"\"5h\"", ": expected an object or an array of objects, got a string\n"},
      {"{}", ": " + nothing},
      {R"({"requests_per_period": null})", ": " + nothing},
      {R"({"requests_per_period": 0})", ".requests_per_period: expected a whole number of at least 1, got 0\n"},
      {R"({"cost_per_period": null})", ": " + nothing},
      {R"({"cost_per_period": 0})", dollars + "0\n"},
      {R"({"cost_per_period": -0.5})", dollars + "-0.5\n"},
      {R"({"cost_per_period": 0.0000000015})", dollars + "0.0000000015\n"},
      {R"({"cost_per_period": 1000000000.000000001})", dollars + "1000000000.000000001\n"},
      {R"({"cost_per_period": "5"})", dollars + "a string\n"},
      {R"({"tokens_per_period": 1, "period_cron": "never"})",
       ".period_cron: expected a cron expression; a time like 5h, and never, is written as \"period\"\n"},
      {R"([{"tokens_per_period": 1, "period": "never"}, {"cost_per_period": 1, "period": " never "}])",
       "[1]: has the same period as [0]; put their limits into one window\n"},
      {R"({"tokens_per_period": 1, "period_cron": "0 25 * * *"})", ".period_cron: hour \"25\": must be from 0 to 23\n"},
      {R"({"tokens_per_period": 1, "period_cron": "${A:-x}"})",
       ".period_cron: with its variables filled in, this is no cron expression\n"},
      {R"({"tokens_per_period": 1, "period_cron": "5h"})",
       ".period_cron: expected a cron expression; a time like 5h, and never, is written as \"period\"\n"},
      {R"({"tokens_per_period": 1, "period": 1})", ".period: expected a string, got a number\n"},
      {R"({"tokens_per_period": 1, "period": null})", ".period: expected a string, got null\n"},
      {R"({"tokens_per_period": 1, "period": ""})",
       ".period: \"\": expected a time like 90m, 5h, 7d or 2w, or never\n"},
      {R"({"tokens_per_period": 1, "period": "30s"})",
       ".period: \"30s\": expected a time like 90m, 5h, 7d or 2w, or never\n"},
      {R"({"tokens_per_period": 1, "period": "53w"})", ".period: \"53w\": must be from 1m to 366d\n"},
      {R"({"tokens_per_period": 1, "period": "${A:-x}"})",
       ".period: with its variables filled in, this is no time like 5h\n"},
      {R"({"tokens_per_period": 1, "period": "@daily"})",
       ".period: expected a time like 5h, or never; a cron expression is written as \"period_cron\"\n"},
      {R"({"tokens_per_period": 1, "perod": "5h"})", ".perod: unknown field, did you mean \"period\"?\n"},
      {R"({"tokens_per_period": 1, "period": "5h", "period_cron": "0 0 * * *"})", ": " + both},
      {"[]", ": at least one window is required; null for no quota\n"},
      {R"([{"tokens_per_period": 1}, null])", "[1]: expected an object, got null\n"},
      {R"([[]])", "[0]: expected an object, got an array\n"},
      {R"([{"tokens_per_period": 1}, {"period": "5h"}])", "[1]: " + nothing},
      {R"([{"tokens_per_period": 1}, {"requests_per_period": 1, "period": "1d", "period_cron": "0 0 * * *"}])",
       "[1]: " + both},
      {R"([{"tokens_per_period": 1, "period": "5h"}, {"tokens_per_period": 1, "period": "9y"}])",
       "[1].period: \"9y\": expected a time like 90m, 5h, 7d or 2w, or never\n"},
      // What was refused has no period that could be the same as another.
      {R"([{"tokens_per_period": 1}, {"tokens_per_period": 1, "period": "9y"}])",
       "[1].period: \"9y\": expected a time like 90m, 5h, 7d or 2w, or never\n"},
      {R"([{"tokens_per_period": 1, "period": "1w"}, {"requests_per_period": 1},
           {"requests_per_period": 1, "period": "1w "}])",
       "[2]: has the same period as [0]; put their limits into one window\n"},
      {R"([{"tokens_per_period": 1}, {"requests_per_period": 1, "period_cron": "0 0 * * *"}])",
       "[1]: has the same period as [0]; put their limits into one window\n"},
      {R"([{"tokens_per_period": 1, "period": "60m"}, {"requests_per_period": 1, "period": "1h"}])",
       "[1]: has the same period as [0]; put their limits into one window\n"},
      {R"([{"tokens_per_period": 1, "period_cron": "@daily"}, {"requests_per_period": 1}])",
       "[1]: has the same period as [0]; put their limits into one window\n"},
      {R"([{}, {}, {}, {}, {}, {}, {}, {}, {}])", ": expected at most 8 windows, got 9\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of(with_provider("\"rate_limit\": " + row.text)) == "m.providers[0].rate_limit" + row.want);
  }
  CHECK(problems_of(with_account(R"({"type": "mock", "rate_limit": [{"requests_per_period": 1, "period": "x"}]})",
                                 R"({"name": "p", "use": "acc"})")) ==
        "_providers.acc.rate_limit[0].period: \"x\": expected a time like 90m, 5h, 7d or 2w, or never\n");
}

TEST_CASE("an entry's quota stands beside that of its account") {
  const std::vector<Provider> providers = providers_of(with_account(
      R"({"type": "mock",
          "rate_limit": [{"requests_per_period": 1}, {"requests_per_period": 9, "period_cron": "@weekly"}]})",
      R"({"name": "p", "use": "acc", "rate_limit": [{"requests_per_period": 2}]},
         {"name": "q", "use": "acc", "rate_limit": null})"));
  const Quota of_account = {requests(1, "0 0 * * *"), requests(9, "@weekly")};
  CHECK(providers[0].account_quota == of_account);
  CHECK(providers[0].quota == Quota{requests(2, "0 0 * * *")});
  CHECK(providers[1].account_quota == of_account);
  CHECK(providers[1].quota.empty());
}

TEST_CASE("a period whose variable is not set makes unavailable, and an account's is not made up for by an entry") {
  for (const char* windows : {R"({"requests_per_period": 1, "period": "${LONG}"})",
                              R"([{"requests_per_period": 1}, {"tokens_per_period": 9, "period_cron": "${LONG}"}])"}) {
    const std::string quota = R"("rate_limit": )" + std::string(windows);
    CAPTURE(quota);
    CHECK(providers_of(with_provider(quota))[0].unavailable_reason == "environment variable LONG is not set");
    const std::vector<Provider> users = providers_of(with_account(
        R"({"type": "mock", )" + quota + "}",
        R"({"name": "p", "use": "acc", "rate_limit": {"requests_per_period": 1, "period": "5h"}},
           {"name": "q", "use": "acc",
            "rate_limit": [{"requests_per_period": 1}, {"tokens_per_period": 9, "period_cron": "@weekly"}]})"));
    CHECK(users[0].unavailable_reason == "environment variable LONG is not set");
    CHECK(users[1].unavailable_reason == "environment variable LONG is not set");
  }
}

}  // TEST_SUITE

}  // namespace aigw::config
