#include "observe/span_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "http/head.h"

namespace aigw::observe {
namespace {

constexpr Millis kForever{60 * 60'000};  // what a timeout of 0 means
constexpr int kGrpcPort = 4317;

class Variables {
 public:
  Variables(const config::Environment& environment, std::vector<std::string>& warnings)
      : environment_(environment), warnings_(warnings) {}

  std::string get(std::string_view name) const {
    const std::optional<std::string> value = environment_(name);
    return value ? std::string(trim(*value)) : "";
  }

  // Of OTEL_EXPORTER_OTLP_TRACES_`end` and OTEL_EXPORTER_OTLP_`end` the one that is set, and its name.
  std::pair<std::string, std::string> exporter(std::string_view end) const {
    for (const std::string_view beginning : {"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"}) {
      std::string name = std::string(beginning) + std::string(end);
      if (std::string value = get(name); !value.empty()) return {std::move(name), std::move(value)};
    }
    return {};
  }

  // A whole number in this range, or `otherwise`.
  std::uint64_t number(const std::string& name, std::string_view value, std::uint64_t min, std::uint64_t max,
                       std::uint64_t otherwise) {
    if (value.empty()) return otherwise;
    const auto number = parse_uint(value);
    if (number && *number >= min && *number <= max) return *number;
    warn(name, "is no number from " + std::to_string(min) + " to " + std::to_string(max) + "; it is taken as " +
                   std::to_string(otherwise));
    return otherwise;
  }
  std::uint64_t number(const std::string& name, std::uint64_t min, std::uint64_t max, std::uint64_t otherwise) {
    return number(name, get(name), min, max, otherwise);
  }

  void warn(std::string_view name, std::string_view fault) {
    warnings_.push_back(std::string(name) + " " + std::string(fault));
  }

 private:
  const config::Environment& environment_;
  std::vector<std::string>& warnings_;
};

bool is_disabled(Variables& variables) {
  const std::string disabled = variables.get("OTEL_SDK_DISABLED");
  if (iequals(disabled, "true")) return true;
  if (!disabled.empty() && !iequals(disabled, "false")) {
    variables.warn("OTEL_SDK_DISABLED", "is neither true nor false; it is taken as false");
  }
  const std::string exporter = variables.get("OTEL_TRACES_EXPORTER");
  if (iequals(exporter, "none")) return true;
  if (!exporter.empty() && !iequals(exporter, "otlp")) {
    variables.warn("OTEL_TRACES_EXPORTER", "is none of otlp, none; it is taken as otlp");
  }
  return false;
}

// ---- where to -------------------------------------------------------------------------------------

// Sets the collector and the path on it. Its own address for traces is used as it stands, the common one is a base.
bool read_endpoint(Variables& variables, SpanSettings& settings) {
  const auto [name, text] = variables.exporter("ENDPOINT");
  if (text.empty()) return false;
  const bool is_base = name == "OTEL_EXPORTER_OTLP_ENDPOINT";
  const std::size_t query = is_base ? text.size() : std::min(text.find('?'), text.size());
  const std::string_view document = std::string_view(text).substr(0, query);
  const Result<Url> url = parse_url(document);
  if (!url || text.find_first_of(" \t#", query) != std::string::npos || http::has_control(text)) {
    const std::string fault = url ? "its query contains a character that it must not have" : url.error().detail;
    variables.warn(name, "can't be used, and no traces are exported: " + fault);
    return false;
  }
  settings.collector = *url;
  if (is_base) {
    settings.path = url->path + "/v1/traces";
  } else {
    const std::size_t path = document.find('/', document.find("://") + 3);
    settings.path = path == std::string_view::npos ? "/" : document.substr(path);
    settings.path += std::string_view(text).substr(query);
  }
  if (url->port == kGrpcPort) variables.warn(name, "has the port of gRPC; OTLP over HTTP usually has port 4318");
  return true;
}

void check_protocol(Variables& variables) {
  const auto [name, protocol] = variables.exporter("PROTOCOL");
  if (protocol.empty() || protocol == "http/json") return;
  variables.warn(name, "is not http/json, which is what is spoken here, and what is used");
}

bool read_compression(Variables& variables) {
  const auto [name, compression] = variables.exporter("COMPRESSION");
  if (compression == "gzip") return true;
  if (!compression.empty() && compression != "none") variables.warn(name, "is none of gzip, none; none is used");
  return false;
}

// ---- lists of `name=value` ------------------------------------------------------------------------

// Of %XX (W3C Baggage §3.3.1.3); what is no such thing stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2])) {
      decoded += static_cast<char>(std::strtoul(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// Calls `take` with each; false says that it can't be used.
template <typename Take>
void read_pairs(Variables& variables, const std::string& name, std::string_view list, Take&& take) {
  bool is_good = true;
  for (const std::string_view part : split(list, ',')) {
    if (trim(part).empty()) continue;
    const std::size_t mark = part.find('=');
    const std::string key(trim(part.substr(0, mark)));
    is_good = mark != std::string_view::npos && !key.empty() &&
              take(key, percent_decoded(trim(part.substr(mark + 1)))) && is_good;
  }
  if (!is_good) variables.warn(name, "is no list of name=value,name=value; what can't be read is left out");
}

bool is_own_header(std::string_view name) {
  for (const char* own : {"Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding",
                          "Connection", "User-Agent"}) {
    if (iequals(name, own)) return true;
  }
  return false;
}

void read_headers(Variables& variables, SpanSettings& settings) {
  const auto [name, list] = variables.exporter("HEADERS");
  read_pairs(variables, name, list, [&settings](const std::string& key, std::string value) {
    if (!http::is_token(key) || is_own_header(key) || http::has_control(value)) return false;
    settings.headers.emplace_back(key, Secret(std::move(value)));
    return true;
  });
}

void set_attribute(ResourceAttributes& attributes, const std::string& name, std::string value) {
  for (auto& [known, old] : attributes) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  attributes.emplace_back(name, std::move(value));
}

ResourceAttributes read_resource(Variables& variables) {
  ResourceAttributes attributes = {{"service.name", "ai-gateway"}, {"service.version", GATEWAY_VERSION}};
  const std::string name = "OTEL_RESOURCE_ATTRIBUTES";
  read_pairs(variables, name, variables.get(name), [&attributes](const std::string& key, std::string value) {
    set_attribute(attributes, percent_decoded(key), std::move(value));
    return true;
  });
  if (std::string service = variables.get("OTEL_SERVICE_NAME"); !service.empty()) {
    set_attribute(attributes, "service.name", std::move(service));
  }
  return attributes;
}

// ---- which ----------------------------------------------------------------------------------------

double read_share(Variables& variables) {
  const std::string text = variables.get("OTEL_TRACES_SAMPLER_ARG");
  if (text.empty()) return 1;
  double share = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error == std::errc() && end == text.data() + text.size() && share >= 0 && share <= 1) return share;
  variables.warn("OTEL_TRACES_SAMPLER_ARG", "is no number from 0 to 1; it is taken as 1");
  return 1;
}

TraceSampler read_sampler(Variables& variables) {
  using Roots = TraceSampler::Roots;
  constexpr std::string_view kObeys = "parentbased_";
  TraceSampler sampler;
  const std::string text = variables.get("OTEL_TRACES_SAMPLER");
  if (text.empty()) return sampler;
  const bool obeys = starts_with(text, kObeys);
  const std::string_view roots = std::string_view(text).substr(obeys ? kObeys.size() : 0);
  if (roots == "always_on") {
    sampler.roots = Roots::All;
  } else if (roots == "always_off") {
    sampler.roots = Roots::None;
  } else if (roots == "traceidratio") {
    sampler.roots = Roots::Share;
    sampler.share = read_share(variables);
  } else {
    variables.warn("OTEL_TRACES_SAMPLER",
                   "is none of always_on, always_off, traceidratio, or these behind parentbased_; "
                   "it is taken as parentbased_always_on");
    return sampler;
  }
  sampler.obeys_the_client = obeys;
  return sampler;
}

}  // namespace

std::optional<SpanSettings> read_span_settings(const config::Environment& environment,
                                               std::vector<std::string>& warnings) {
  Variables variables(environment, warnings);
  SpanSettings settings;
  // Whoever does not export is not told of the other variables, which may be meant for another program.
  if (variables.exporter("ENDPOINT").second.empty() || is_disabled(variables)) return std::nullopt;
  if (!read_endpoint(variables, settings)) return std::nullopt;
  check_protocol(variables);
  settings.gzip = read_compression(variables);
  read_headers(variables, settings);
  const auto [timeout_name, timeout] = variables.exporter("TIMEOUT");
  settings.timeout = Millis{variables.number(timeout_name, timeout, 0, 3'600'000, 10'000)};
  if (settings.timeout == Millis{0}) settings.timeout = kForever;
  settings.delay = Millis{variables.number("OTEL_BSP_SCHEDULE_DELAY", 1, 3'600'000, 5'000)};
  settings.queue_max = variables.number("OTEL_BSP_MAX_QUEUE_SIZE", 1, 1'000'000, 2'048);
  settings.batch_max = variables.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 1'000'000, 512);
  settings.batch_max = std::min(settings.batch_max, settings.queue_max);
  settings.sampler = read_sampler(variables);
  settings.resource = read_resource(variables);
  return settings;
}

}  // namespace aigw::observe
