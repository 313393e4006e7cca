#include "gateway/errors.h"

#include <algorithm>
#include <utility>

#include "protocol/error_conversion.h"

namespace aigw::gateway {
namespace {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::BadRequest:
    case ErrorKind::Invalid: return 400;
    case ErrorKind::NotFound: return 404;
    case ErrorKind::Conflict: return 409;
    case ErrorKind::TooLarge: return 413;
    case ErrorKind::TimedOut: return 408;  // of the client's own body: providers' time limits end as 502 or 504
    case ErrorKind::Unavailable: return 503;
    case ErrorKind::Refused:
    case ErrorKind::Broken:
    case ErrorKind::Garbled:
    case ErrorKind::TlsFailed: return 502;
    case ErrorKind::ClientGone:
    case ErrorKind::Io: return 500;
  }
  return 500;
}

const char* type_of(int status) {
  if (status == 429) return "rate_limit_error";
  if (status == 403) return "permission_error";
  if (status == 402) return "insufficient_quota";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

const char* default_code(int status) {
  switch (status) {
    case 401: return "invalid_api_key";
    case 402: return "insufficient_quota";
    case 413: return "request_too_large";
    case 429: return "rate_limit_exceeded";
    case 503: return "overloaded";
    case 504: return "timeout";
    default: return "";
  }
}

}  // namespace

Refusal refuse(const Error& error) { return refuse(status_of(error.kind), error.detail); }

Refusal refuse(int status, std::string message, std::string code, std::string param) {
  Refusal refusal;
  refusal.status = status;
  refusal.error.message = std::move(message);
  refusal.error.type = type_of(status);
  refusal.error.param = std::move(param);
  refusal.error.code = code.empty() ? default_code(status) : std::move(code);
  return refusal;
}

http::Reply to_reply(const Refusal& refusal, Dialect client, std::string_view request_id) {
  const protocol::ErrorForm form = protocol::form_of(refusal.status, refusal.error);
  http::Reply reply;
  reply.status = protocol::status_for(client, form);
  reply.headers.add("Content-Type", "application/json");
  if (refusal.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*refusal.retry_after);
    reply.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(1, seconds.count())));
  }
  if (!refusal.worth_retrying) reply.headers.add("X-Should-Retry", "false");
  reply.body = protocol::error_body(client, form, request_id) + "\n";
  return reply;
}

}  // namespace aigw::gateway
