#include "observe/span_settings.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::observe {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

const std::string kBase = "OTEL_EXPORTER_OTLP_ENDPOINT";

struct Read {
  std::optional<SpanSettings> settings;
  std::vector<std::string> warnings;
};

Read read(Variables variables, bool with_endpoint = true) {
  if (with_endpoint) variables.emplace(kBase, "http://collector:4318");
  Read result;
  const config::Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  result.settings = read_span_settings(environment, result.warnings);
  return result;
}

std::string only(const std::vector<std::string>& warnings) {
  REQUIRE(warnings.size() == 1);
  return warnings.front();
}

std::string attributes_of(const SpanSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings.resource) text += name + "=" + value + ";";
  return text;
}

std::string headers_of(const SpanSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings.headers) text += name + "=" + value.reveal() + ";";
  return text;
}

}  // namespace

TEST_SUITE("observe/span_settings") {
  TEST_CASE("nothing is exported without an address, and nothing is said then") {
    for (const Variables& variables :
         {Variables{}, Variables{{kBase, ""}}, Variables{{kBase, "  "}}, Variables{{"OTEL_TRACES_SAMPLER", "often"}},
          Variables{{"OTEL_EXPORTER_OTLP_TIMEOUT", "soon"}, {"OTEL_SERVICE_NAME", "x"}}}) {
      const Read result = read(variables, false);
      CHECK_FALSE(result.settings);
      CHECK(result.warnings.empty());
    }
  }

  TEST_CASE("the defaults are those of OpenTelemetry's SDKs") {
    const Read result = read({});
    REQUIRE(result.settings);
    CHECK(result.warnings.empty());
    const SpanSettings& settings = *result.settings;
    CHECK(settings.collector.text() == "http://collector:4318");
    CHECK(settings.path == "/v1/traces");
    CHECK(settings.headers.empty());
    CHECK_FALSE(settings.gzip);
    CHECK(settings.timeout == Millis{10'000});
    CHECK(settings.delay == Millis{5'000});
    CHECK(settings.queue_max == 2'048);
    CHECK(settings.batch_max == 512);
    CHECK(settings.sampler.roots == TraceSampler::Roots::All);
    CHECK(settings.sampler.obeys_the_client);
    CHECK(attributes_of(settings) == "service.name=ai-gateway;service.version=" GATEWAY_VERSION ";");
  }

  TEST_CASE("the common address is a base, that of traces is used as it stands") {
    const std::string traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    struct Row {
      std::string name;
      const char* value;
      const char* authority;
      const char* path;
    };
    for (const Row& row :
         {Row{kBase, "http://h:4318", "h:4318", "/v1/traces"}, Row{kBase, "http://h:4318/", "h:4318", "/v1/traces"},
          Row{kBase, "https://h/otlp/", "h", "/otlp/v1/traces"}, Row{traces, "http://h:4318", "h:4318", "/"},
          Row{traces, "https://h/api/traces/", "h", "/api/traces/"},
          Row{traces, "https://h/t?key=a%20b&x=1", "h", "/t?key=a%20b&x=1"},
          Row{traces, "https://h?key=1", "h", "/?key=1"}}) {
      CAPTURE(row.value);
      const Read result = read({{row.name, row.value}}, row.name != traces);
      REQUIRE(result.settings);
      CHECK(result.warnings.empty());
      CHECK(result.settings->collector.authority() == row.authority);
      CHECK(result.settings->path == row.path);
    }
    const Read both = read({{traces, "http://other/t"}});
    CHECK(both.settings->collector.host == "other");
  }

  TEST_CASE("an address that can't be used is told, without its text, and nothing is exported") {
    for (const char* name : {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}) {
      for (const char* value : {"secret:4318", "http://", "http://user:secret@h", "http://h:secret", "grpc://secret",
                                "http://h/secret#x", "http://h/?secret x", "http://h?a=\x01secret"}) {
        CAPTURE(name);
        CAPTURE(value);
        const Read result = read({{name, value}}, false);
        CHECK_FALSE(result.settings);
        const std::string warning = only(result.warnings);
        CHECK(warning.find(std::string(name) + " can't be used, and no traces are exported: ") == 0);
        CHECK(warning.find("secret") == std::string::npos);
      }
    }
    CHECK_FALSE(read({{kBase, "http://h?secret=1"}}, false).settings);
  }

  TEST_CASE("switched off is off") {
    CHECK_FALSE(read({{"OTEL_SDK_DISABLED", "true"}}).settings);
    CHECK_FALSE(read({{"OTEL_SDK_DISABLED", "TRUE"}}).settings);
    CHECK_FALSE(read({{"OTEL_TRACES_EXPORTER", "none"}}).settings);
    CHECK(read({{"OTEL_SDK_DISABLED", "false"}}).settings);
    CHECK(read({{"OTEL_TRACES_EXPORTER", "otlp"}}).warnings.empty());
    const Read odd = read({{"OTEL_SDK_DISABLED", "1"}});
    CHECK(odd.settings);
    CHECK(only(odd.warnings) == "OTEL_SDK_DISABLED is neither true nor false; it is taken as false");
    CHECK(only(read({{"OTEL_TRACES_EXPORTER", "zipkin"}}).warnings) ==
          "OTEL_TRACES_EXPORTER is none of otlp, none; it is taken as otlp");
  }

  TEST_CASE("whatever protocol is asked for, JSON over HTTP is spoken, and that is said") {
    for (const char* protocol : {"grpc", "http/protobuf", "morse"}) {
      const Read result = read({{"OTEL_EXPORTER_OTLP_PROTOCOL", protocol}});
      CHECK(result.settings);
      CHECK(only(result.warnings) ==
            "OTEL_EXPORTER_OTLP_PROTOCOL is not http/json, which is what is spoken here, and what is used");
    }
    CHECK(read({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"}}).warnings.empty());
    CHECK(read({{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"}})
              .warnings.empty());
    CHECK(only(read({{kBase, "http://h:4317"}}).warnings) ==
          "OTEL_EXPORTER_OTLP_ENDPOINT has the port of gRPC; OTLP over HTTP usually has port 4318");
  }

  TEST_CASE("header fields are secrets, and those that are ours can't be set") {
    const Read result = read({{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=k%20ey, Authorization = Basic a=b ,,x=%"}});
    CHECK(result.warnings.empty());
    CHECK(headers_of(*result.settings) == "api-key=k ey;Authorization=Basic a=b;x=%;");
    CHECK(headers_of(*read({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"}})
                          .settings) == "b=2;");
    for (const char* list :
         {"good=1,secret", "good=1,=secret", "good=1,se cret=1", "good=1,x=secret%0d%0a", "Host=secret,good=1",
          "content-length=secret,good=1", "x=secret%00,good=1"}) {
      CAPTURE(list);
      const Read odd = read({{"OTEL_EXPORTER_OTLP_HEADERS", list}});
      CHECK(headers_of(*odd.settings) == "good=1;");
      CHECK(only(odd.warnings) ==
            "OTEL_EXPORTER_OTLP_HEADERS is no list of name=value,name=value; what can't be read is left out");
    }
  }

  TEST_CASE("the resource is named by its own variable first") {
    struct Row {
      Variables variables;
      const char* want;
    };
    for (const Row& row :
         {Row{{{"OTEL_SERVICE_NAME", "ai"}}, "service.name=ai;service.version=" GATEWAY_VERSION ";"},
          Row{{{"OTEL_RESOURCE_ATTRIBUTES", "service.name=ra, host.name=home%2Flab ,service.version=7"}},
              "service.name=ra;service.version=7;host.name=home/lab;"},
          Row{{{"OTEL_RESOURCE_ATTRIBUTES", "service.name=ra"}, {"OTEL_SERVICE_NAME", "sn"}},
              "service.name=sn;service.version=" GATEWAY_VERSION ";"}}) {
      CAPTURE(row.want);
      const Read result = read(row.variables);
      CHECK(result.warnings.empty());
      CHECK(attributes_of(*result.settings) == row.want);
    }
    CHECK(only(read({{"OTEL_RESOURCE_ATTRIBUTES", "nonsense"}}).warnings) ==
          "OTEL_RESOURCE_ATTRIBUTES is no list of name=value,name=value; what can't be read is left out");
  }

  TEST_CASE("samplers are read, and one that is not known is told") {
    using Roots = TraceSampler::Roots;
    struct Row {
      const char* name;
      const char* argument;
      Roots roots;
      double share;
      bool obeys;
      std::size_t warnings;
    };
    for (const Row& row : {Row{"always_on", "", Roots::All, 1, false, 0}, {"always_off", "", Roots::None, 1, false, 0},
                           {"traceidratio", "0.25", Roots::Share, 0.25, false, 0},
                           {"traceidratio", "", Roots::Share, 1, false, 0},
                           {"traceidratio", "0", Roots::Share, 0, false, 0},
                           {"traceidratio", "1.5", Roots::Share, 1, false, 1},
                           {"traceidratio", "-0.1", Roots::Share, 1, false, 1},
                           {"traceidratio", "nan", Roots::Share, 1, false, 1},
                           {"traceidratio", "0.1x", Roots::Share, 1, false, 1},
                           {"parentbased_always_on", "", Roots::All, 1, true, 0},
                           {"parentbased_always_off", "", Roots::None, 1, true, 0},
                           {"parentbased_traceidratio", "0.5", Roots::Share, 0.5, true, 0},
                           {"parentbased_jaeger_remote", "", Roots::All, 1, true, 1},
                           {"xray", "", Roots::All, 1, true, 1}}) {
      CAPTURE(row.name);
      CAPTURE(row.argument);
      const Read result = read({{"OTEL_TRACES_SAMPLER", row.name}, {"OTEL_TRACES_SAMPLER_ARG", row.argument}});
      CHECK(result.settings->sampler.roots == row.roots);
      CHECK(result.settings->sampler.share == row.share);
      CHECK(result.settings->sampler.obeys_the_client == row.obeys);
      CHECK(result.warnings.size() == row.warnings);
    }
  }

  TEST_CASE("numbers are taken in their range, and the default stands for others") {
    const Read good = read({{"OTEL_EXPORTER_OTLP_TIMEOUT", "250"}, {"OTEL_BSP_SCHEDULE_DELAY", "100"},
                            {"OTEL_BSP_MAX_QUEUE_SIZE", "10"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "20"},
                            {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}});
    CHECK(good.warnings.empty());
    CHECK(good.settings->timeout == Millis{250});
    CHECK(good.settings->delay == Millis{100});
    CHECK(good.settings->queue_max == 10);
    CHECK(good.settings->batch_max == 10);
    CHECK(good.settings->gzip);
    CHECK(read({{"OTEL_EXPORTER_OTLP_TIMEOUT", "0"}}).settings->timeout == std::chrono::hours{1});
    const Read odd = read({{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"}, {"OTEL_BSP_SCHEDULE_DELAY", "0"},
                           {"OTEL_BSP_MAX_QUEUE_SIZE", "many"},
                           {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999999999999999999"},
                           {"OTEL_EXPORTER_OTLP_COMPRESSION", "br"}});
    CHECK(odd.warnings ==
          std::vector<std::string>{
              "OTEL_EXPORTER_OTLP_COMPRESSION is none of gzip, none; none is used",
              "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is no number from 0 to 3600000; it is taken as 10000",
              "OTEL_BSP_SCHEDULE_DELAY is no number from 1 to 3600000; it is taken as 5000",
              "OTEL_BSP_MAX_QUEUE_SIZE is no number from 1 to 1000000; it is taken as 2048",
              "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is no number from 1 to 1000000; it is taken as 512"});
    CHECK(odd.settings->timeout == Millis{10'000});
    CHECK(odd.settings->queue_max == 2'048);
  }
}

}  // namespace aigw::observe
