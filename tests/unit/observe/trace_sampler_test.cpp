#include "observe/trace_sampler.h"

#include <doctest/doctest.h>

namespace aigw::observe {
namespace {

using Roots = TraceSampler::Roots;

TraceContext root() { return continue_trace("", ""); }

TraceContext child(bool sampled) {
  return continue_trace(sampled ? "00-12345678901234567890123456789012-1234567890123456-01"
                                : "00-12345678901234567890123456789012-1234567890123456-00",
                        "");
}

// A trace whose random part is this share of all.
TraceContext root_at(double share) {
  TraceContext context = root();
  const auto number = static_cast<std::uint64_t>(share * 18446744073709551616.0);
  for (std::size_t i = 0; i < 8; ++i) context.trace[8 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return context;
}

}  // namespace

TEST_SUITE("observe/trace_sampler") {
  TEST_CASE("the sampler decides about roots, and about the client's traces if it does not obey") {
    struct Row {
      TraceSampler sampler;
      bool of_root;
      bool of_sampled;
      bool of_unsampled;
    };
    for (const Row& row : {Row{{}, true, true, false}, Row{{Roots::None, 1, true}, false, true, false},
                           Row{{Roots::Share, 0, true}, false, true, false},
                           Row{{Roots::Share, 1, true}, true, true, false},
                           Row{{Roots::All, 1, false}, true, true, true},
                           Row{{Roots::None, 1, false}, false, false, false},
                           Row{{Roots::Share, 0, false}, false, false, false},
                           Row{{Roots::Share, 1, false}, true, true, true}}) {
      CAPTURE(static_cast<int>(row.sampler.roots));
      CAPTURE(row.sampler.share);
      CAPTURE(row.sampler.obeys_the_client);
      CHECK(samples(row.sampler, root()) == row.of_root);
      CHECK(samples(row.sampler, child(true)) == row.of_sampled);
      CHECK(samples(row.sampler, child(false)) == row.of_unsampled);
    }
  }

  TEST_CASE("a share is taken by the trace's id, and all above it are left") {
    const TraceSampler quarter{Roots::Share, 0.25, true};
    for (const double share : {0.0, 0.1, 0.2499}) CHECK(samples(quarter, root_at(share)));
    for (const double share : {0.2501, 0.5, 0.9999}) CHECK_FALSE(samples(quarter, root_at(share)));
    int taken = 0;
    for (int i = 0; i < 4'000; ++i) taken += samples(quarter, root()) ? 1 : 0;
    CHECK(taken > 800);
    CHECK(taken < 1'200);
  }

  TEST_CASE("what was decided stays decided when the flags say it") {
    for (const TraceSampler& sampler : {TraceSampler{}, TraceSampler{Roots::Share, 0.5, true},
                                        TraceSampler{Roots::Share, 0.5, false}, TraceSampler{Roots::All, 1, false},
                                        TraceSampler{Roots::None, 1, false}}) {
      for (int i = 0; i < 100; ++i) {
        for (TraceContext context : {root(), child(true), child(false)}) {
          const bool before = samples(sampler, context);
          context.flags = before ? 1 : 0;
          CHECK(samples(sampler, context) == before);
        }
      }
    }
  }
}

}  // namespace aigw::observe
