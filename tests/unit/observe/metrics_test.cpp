#include "observe/metrics.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace aigw::observe {
namespace {

Story answered_by(const std::string& provider) {
  Story story;
  story.provider = provider;
  story.status = 200;
  return story;
}

std::vector<std::string> names(const Metrics& metrics) {
  std::vector<std::string> names;
  for (const auto& series : metrics.all()) names.push_back(series->model + "/" + series->provider);
  return names;
}

TEST_SUITE("observe/metrics") {
  TEST_CASE("series go on over reloads, by name") {
    Metrics metrics;
    const auto before = metrics.route("m", {"a"});
    count(answered_by("a"), *before);
    const auto after = metrics.route("m", {"b", "a"});
    count(answered_by("a"), *after);
    CHECK(&before->of("a") == &after->of("a"));
    CHECK(after->of("a").requests.of(200) == 2);
    CHECK(names(metrics) == std::vector<std::string>{"m/a", "m/b", "m/none", "other/none", "other/other"});
  }

  TEST_CASE("the sums of a model have what removed providers counted") {
    Metrics metrics;
    count(answered_by("a"), *metrics.route("m", {"a", "b"}));
    const auto after = metrics.route("m", {"b"});
    CHECK(after->sums().requests == 1);
    count(answered_by(""), metrics.other());
    CHECK(metrics.totals().requests == 2);
  }

  TEST_CASE("names that stand for something else share its series") {
    Metrics metrics;
    const auto route = metrics.route("other", {"none", "other"});
    CHECK(&route->of("none") == &metrics.other().of(""));
    count(answered_by("none"), *route);
    count(answered_by(""), metrics.other());
    CHECK(route->sums().requests == 2);
    CHECK(metrics.totals().requests == 2);
  }

  TEST_CASE("there are no more series than fit in memory") {
    Metrics metrics;
    std::vector<std::string> providers;
    for (std::size_t i = 0; i < Metrics::kSeriesMax; ++i) providers.push_back("p" + std::to_string(i));
    auto many = metrics.route("many", providers);
    CHECK(metrics.all().size() == Metrics::kSeriesMax);
    const auto late = metrics.route("late", {"a"});
    count(answered_by("a"), *late);
    count(answered_by(""), *late);
    CHECK(metrics.all().size() == Metrics::kSeriesMax);
    CHECK(metrics.other().of("other").requests.of(200) == 2);

    SUBCASE("those that are not used any more make room") {
      count(answered_by("p7"), *many);
      many.reset();
      const auto later = metrics.route("later", {"a"});
      count(answered_by("a"), *later);
      CHECK(later->of("a").requests.of(200) == 1);
      CHECK(names(metrics) ==
            std::vector<std::string>{"later/a", "later/none", "many/p7", "other/none", "other/other"});
    }
  }
}

}  // namespace
}  // namespace aigw::observe
