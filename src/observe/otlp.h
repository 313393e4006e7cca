// Stories as spans for a trace collector: the body of OTLP/HTTP in its JSON form (OpenTelemetry Protocol Specification,
// opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding", read 2026-11-21): ids in hexadecimal, enumerations as
// numbers, 64-bit integers as strings, names in lowerCamelCase.
//
// An exchange is a SERVER span; each attempt is a CLIENT span under it, or an INTERNAL one where nothing went over the
// network (a mock, or a request that the provider's dialect can't say). Choices, pauses and the first token are events
// of the exchange.
//
// Attributes are those of OpenTelemetry's semantic conventions, read 2026-11-21: HTTP spans (stable) and the recording
// of errors, 1.41; GenAI spans (in development), github.com/open-telemetry/semantic-conventions-genai at 002c8a6, which
// builds on 1.41.1. Tokens stand at the attempt that used them, and nowhere else, so that sums are right. What is the
// gateway's own is `ai_gateway.*`. No prompt, no answer, no credential.
//
// `error.type` is the status that was answered, or `timeout`, `no_connection`, `tls`, `broken_answer`, `rejected`,
// `_OTHER`. A client that leaves (499) is no error, nor is, at an exchange, any other 4xx.
//
// A pure function, from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/dialect.h"
#include "observe/story.h"

namespace aigw::observe {

// Who tells: `service.name` and the like.
using ResourceAttributes = std::vector<std::pair<std::string, std::string>>;

// An ExportTraceServiceRequest.
std::string to_otlp(const std::vector<std::shared_ptr<const Story>>& stories, const ResourceAttributes& resource);

// `gen_ai.provider.name`: by the host, of a host that is nobody's by the dialect, as that attribute names the form of
// what is told. `server`: host and port; empty: `mock`.
std::string_view genai_provider(std::string_view server, Dialect dialect);

}  // namespace aigw::observe
