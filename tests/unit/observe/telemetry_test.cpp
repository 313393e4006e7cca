#include "observe/telemetry.h"

#include <doctest/doctest.h>

#include "http/waiter.h"

namespace aigw::observe {
namespace {

class NoNetwork : public http::Upstream {
 public:
  Status call(const http::UpstreamRequest&, http::Waiter&, http::AnswerReceiver&) override {
    return Error{ErrorKind::Refused, "no connection"};
  }
};

SpanSettings settings(const TraceSampler& sampler) {
  SpanSettings settings;
  settings.collector = *parse_url("http://collector:4318");
  settings.sampler = sampler;
  return settings;
}

}  // namespace

TEST_SUITE("observe/telemetry") {
  TEST_CASE("the sampler decides what providers are told of a trace, if there is one") {
    using Roots = TraceSampler::Roots;
    const http::Headers sampled = {{"traceparent", "00-12345678901234567890123456789012-1234567890123456-01"}};
    const http::Headers unsampled = {{"traceparent", "00-12345678901234567890123456789012-1234567890123456-00"}};
    struct Row {
      bool exports;
      TraceSampler sampler;
      http::Headers headers;
      bool want;
    };
    for (const Row& row : {Row{false, {}, sampled, true}, Row{false, {}, unsampled, false}, Row{false, {}, {}, true},
                           Row{true, {}, sampled, true}, Row{true, {}, unsampled, false}, Row{true, {}, {}, true},
                           Row{true, {Roots::None, 1, true}, {}, false},
                           Row{true, {Roots::None, 1, true}, sampled, true},
                           Row{true, {Roots::None, 1, false}, sampled, false},
                           Row{true, {Roots::All, 1, false}, unsampled, true}}) {
      CAPTURE(row.exports);
      CAPTURE(row.headers.get("traceparent"));
      NoNetwork network;
      const auto spans = row.exports ? std::make_unique<SpanExporter>(settings(row.sampler), network) : nullptr;
      const config::Global config;
      const Telemetry telemetry(config, spans.get());
      CHECK(telemetry.exports_traces() == row.exports);
      CHECK(telemetry.trace_of(row.headers).sampled() == row.want);
    }
  }
}

}  // namespace aigw::observe
