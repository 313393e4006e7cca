#include "protocol/error_conversion.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/endpoint.h"
#include "protocol/json_tree.h"
#include "protocol/mask.h"
#include "protocol/prompt_overflow.h"

namespace aigw::protocol {
namespace {

// The rows of §14.2.
enum class Kind {
  BadRequest,
  PromptTooLong,
  Filtered,
  WrongKey,
  UpstreamAuth,
  OutOfCredit,
  Forbidden,
  NotFound,
  OtherClientError,
  TooLarge,
  RateLimit,
  Failed,
  Overloaded,
  TimedOut,
};

constexpr int kAsItCame = 0;

struct Row {
  int status;
  const char* type;
  const char* code;
  int messages_status;
  const char* messages_type;
};

Row row_of(Kind kind) {
  switch (kind) {
    case Kind::BadRequest: return {400, "invalid_request_error", "", 400, "invalid_request_error"};
    case Kind::PromptTooLong:
      return {400, "invalid_request_error", "context_length_exceeded", 400, "invalid_request_error"};
    case Kind::Filtered: return {400, "invalid_request_error", "content_filter", 400, "invalid_request_error"};
    case Kind::WrongKey: return {401, "invalid_request_error", "invalid_api_key", 401, "authentication_error"};
    case Kind::UpstreamAuth: return {502, "server_error", "upstream_auth", 502, "api_error"};
    case Kind::OutOfCredit: return {429, "insufficient_quota", "insufficient_quota", 402, "billing_error"};
    case Kind::Forbidden: return {403, "permission_error", "", 403, "permission_error"};
    case Kind::NotFound: return {404, "invalid_request_error", "model_not_found", 404, "not_found_error"};
    case Kind::OtherClientError: return {kAsItCame, "invalid_request_error", "", kAsItCame, "invalid_request_error"};
    case Kind::TooLarge: return {413, "invalid_request_error", "request_too_large", 413, "request_too_large"};
    case Kind::RateLimit: return {429, "rate_limit_error", "rate_limit_exceeded", 429, "rate_limit_error"};
    case Kind::Failed: return {kAsItCame, "server_error", "", kAsItCame, "api_error"};
    case Kind::Overloaded: return {503, "server_error", "overloaded", 529, "overloaded_error"};
    case Kind::TimedOut: return {504, "server_error", "timeout", 504, "timeout_error"};
  }
  return {502, "server_error", "", 502, "api_error"};
}

bool is_client_error(int status) { return status >= 400 && status <= 499; }

// Whether code or type contains one of these, whatever the spelling.
bool says(std::string_view code, std::string_view type, std::initializer_list<std::string_view> parts) {
  for (const std::string& word : {letters_and_digits(code), letters_and_digits(type)}) {
    if (std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return contains(word, part); })) {
      return true;
    }
  }
  return false;
}

bool is_out_of_credit(std::string_view code, std::string_view type) {
  return says(code, type, {"insufficientquota", "insufficientuserquota", "exceededcurrentquota", "billing",
                           "insufficientbalance", "insufficientcredit", "paymentrequired"});
}

bool is_filtered(std::string_view code, std::string_view type) {
  return says(code, type, {"contentfilter", "contentpolicy", "moderationblocked", "datainspection", "responsibleai"});
}

Kind kind_of_status(int status) {
  switch (status) {
    case 400:
    case 422: return Kind::BadRequest;
    case 401: return Kind::WrongKey;
    case 402: return Kind::OutOfCredit;
    case 403: return Kind::Forbidden;
    case 404: return Kind::NotFound;
    case 413: return Kind::TooLarge;
    case 429: return Kind::RateLimit;
    case 503:
    case 529: return Kind::Overloaded;
    case 504:
    case 522:  // Cloudflare's
    case 524: return Kind::TimedOut;
    default: return is_client_error(status) ? Kind::OtherClientError : Kind::Failed;
  }
}

// Some statuses say little, and many servers have no other: where the error's own words are more exact, they count.
int exact_status(int status, const ProviderError& error) {
  if (status == 408) return 504;  // the provider's time limit, not the client's
  if (status != 400 && status != 500 && status != 502) return status;
  int word = status_of_word(error.code);
  if (word == 0 || word == status) word = status_of_word(error.type);
  const bool is_exact = word == 401 || word == 403 || word == 429 || word == 503 || word == 529;
  return is_exact || (word == 504 && status != 400) ? word : status;
}

Kind kind_of(int status, const ProviderError& error, const config::ConversionSettings& settings) {
  status = exact_status(status, error);
  const Kind kind = kind_of_status(status);
  // Limits, credentials and load have words of their own about tokens and lengths.
  const bool may_be_length = kind == Kind::BadRequest || kind == Kind::TooLarge || kind == Kind::Failed;
  if (may_be_length && says_prompt_too_long(error)) return Kind::PromptTooLong;
  if (is_client_error(status) && is_out_of_credit(error.code, error.type)) return Kind::OutOfCredit;
  const bool may_be_filter = is_client_error(status) && status != 401 && status != 429;
  if (may_be_filter && is_filtered(error.code, error.type)) return Kind::Filtered;
  const bool is_credential = kind == Kind::WrongKey || kind == Kind::Forbidden;
  return is_credential && !settings.pass_upstream_auth_errors ? Kind::UpstreamAuth : kind;
}

// Numbers repeat the status.
std::string own_code(const ProviderError& error) {
  return parse_uint(error.code) ? "" : masked(error.code);
}

std::string code_for(Kind kind, const Row& row, const ProviderError& error) {
  if (kind == Kind::BadRequest) return own_code(error);
  if (kind == Kind::Failed && error.code == "upstream_truncated") return error.code;
  return row.code;
}

std::string message_for(int status, const ProviderError& error) {
  if (!error.message.empty()) return masked(error.message);
  return "The provider failed with status " + std::to_string(status) + " and no message.";
}

// The rest of the form, from what OpenAI's dialects get.
void complete(Kind kind, const Row& row, ErrorForm& form) {
  form.messages_status = row.messages_status == kAsItCame ? form.status : row.messages_status;
  form.messages_type = row.messages_type;
  form.messages_message =
      kind == Kind::PromptTooLong ? prompt_too_long(form.openai.message) : form.openai.message;
}

Json messages_error(const ErrorForm& form) {
  return {{"type", "error"}, {"error", {{"type", form.messages_type}, {"message", form.messages_message}}}};
}

std::string event_frame(const char* name, const Json& data) {
  return std::string("event: ") + name + "\ndata: " + dump(data) + "\n\n";
}

// Of a response of which nothing was told.
std::string failed_response(const ErrorForm& form) {
  const Json response = {{"id", "resp_failed"},
                         {"object", "response"},
                         {"status", "failed"},
                         {"error", {{"code", responses_code(form)}, {"message", form.openai.message}}},
                         {"output", Json::array()}};
  return event_frame("response.failed",
                     {{"type", "response.failed"}, {"sequence_number", 0}, {"response", response}});
}

}  // namespace

ErrorForm form_of(int status, const ProviderError& error, const config::ConversionSettings& settings) {
  if (status < 300) status = error.status;
  const Kind kind = kind_of(status, error, settings);
  const Row row = row_of(kind);
  ErrorForm form;
  // Of those that came as they are, a 500 stays one; anything else that is no client's error is a 502.
  const int as_it_came = is_client_error(status) || status == 500 ? status : 502;
  form.status = row.status == kAsItCame ? as_it_came : row.status;
  form.openai.message = message_for(status, error);
  form.openai.type = row.type;
  form.openai.code = code_for(kind, row, error);
  if (is_client_error(status) && row.status != 502) form.openai.param = masked(error.param);
  complete(kind, row, form);
  return form;
}

ErrorForm form_of(int status, const OpenAiError& error) {
  Kind kind = kind_of_status(status);
  if (is_out_of_credit(error.code, error.type)) kind = Kind::OutOfCredit;
  if (error.code == "context_length_exceeded") kind = Kind::PromptTooLong;
  ErrorForm form;
  form.status = status;
  form.openai = error;
  complete(kind, row_of(kind), form);
  return form;
}

int status_for(Dialect client, const ErrorForm& form) {
  return is_anthropic(client) ? form.messages_status : form.status;
}

std::string error_body(Dialect client, const ErrorForm& form, std::string_view request_id) {
  if (!is_anthropic(client)) return to_json(form.openai);
  Json body = messages_error(form);
  if (!request_id.empty()) body["request_id"] = request_id;
  return dump(body);
}

std::string error_frame(Dialect client, const ErrorForm& form) {
  if (is_anthropic(client)) return event_frame("error", messages_error(form));
  if (client == Dialect::Responses) return failed_response(form);
  OpenAiError error = form.openai;
  error.param.clear();
  return to_event(error);
}

const char* responses_code(const ErrorForm& form) {
  if (form.openai.type == "rate_limit_error" || form.openai.type == "insufficient_quota") return "rate_limit_exceeded";
  return form.openai.type == "invalid_request_error" ? "invalid_prompt" : "server_error";
}

}  // namespace aigw::protocol
