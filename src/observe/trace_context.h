// W3C Trace Context (https://www.w3.org/TR/trace-context/, Recommendation of 2021-11-23): which trace a request is part
// of. Taken from the client, passed on to providers.
//
// Plain values and pure functions but for the new ids, which are random; from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace aigw::observe {

using TraceId = std::array<std::uint8_t, 16>;  // all zero: none
using SpanId = std::array<std::uint8_t, 8>;

struct TraceContext {
  TraceId trace{};
  SpanId parent{};         // the client's span; all zero: the trace begins here
  SpanId span{};           // the exchange's own
  std::uint8_t flags = 0;  // bit 0: sampled
  std::string state;       // `tracestate` as the client sent it, at most kStateBytesMax

  bool sampled() const { return (flags & 1) != 0; }
  bool continued() const { return parent != SpanId{}; }  // the client is part of the trace
};

inline constexpr std::size_t kStateBytesMax = 512;  // what must be passed on at least (§3.3.1.5)

// What `traceparent` and `tracestate` say, with a new span for the exchange. Without a `traceparent`, or with one that
// is not valid (§3.2.2.2, §4.3), a new trace that is sampled; its `tracestate` is then left out. So is one that is
// not valid (§3.3.1) or too long. Of the flags only `sampled` is kept: others must be passed on as zero (§3.2.2.5.2).
TraceContext continue_trace(std::string_view traceparent, std::string_view tracestate);

// The same of a request's head: two fields `traceparent` are none, several `tracestate` are one list (§3.3).
TraceContext continue_trace(const http::Headers& headers);

SpanId new_span_id();

// The `traceparent` for a call made under `span`: `00-<trace>-<span>-<flags>`.
std::string traceparent(const TraceContext& context, const SpanId& span);

// The fields that tell a provider of the trace: `traceparent` and the client's `tracestate`. None, unless the client sent
// a `traceparent` or spans are exported: nobody else has a use for them, and the provider learns nothing. Without
// exported spans the provider's parent is the client's span: under one that no collector sees it would be lost.
http::Headers trace_headers(const TraceContext& context, const SpanId& span, bool exporting);

// Lower-case hexadecimal digits, as OTLP's JSON and the header have them.
std::string to_hex(const TraceId& id);
std::string to_hex(const SpanId& id);

}  // namespace aigw::observe
