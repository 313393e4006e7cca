#include "protocol/request_conversion.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/canonical/call_ids.h"
#include "protocol/canonical/tool_names.h"
#include "protocol/canonical/turns.h"
#include "protocol/embeddings/embeddings.h"
#include "protocol/embeddings/request_fault.h"
#include "protocol/gemini/gemini.h"
#include "protocol/messages/messages.h"

namespace aigw::protocol {
namespace {

using canonical::Notes;
using canonical::ReplyRules;
using canonical::Request;

Request decode(Dialect client, const Json& body, Notes& notes) {
  if (client == Dialect::TokenCount) return messages::decode_count_request(body, notes);
  return codec_of(client).decode_request(body, notes);
}

// What the way back needs of the request, whatever the provider.
ReplyRules rules_of(const Request& request, const Target& target) {
  ReplyRules rules;
  if (target.settings.rewrite_model) rules.model = request.model;
  rules.now = std::time(nullptr);
  rules.include_usage = request.include_usage;
  rules.legacy_functions = request.legacy_functions;
  rules.encrypted_reasoning = request.encrypted_reasoning;
  if (request.echo) rules.echo = request.prompt;
  rules.responses_echo = request.responses_echo;
  return rules;
}

Json encode(Request request, Dialect to, const Target& target, ReplyRules& rules, Notes& notes) {
  const bool counts = request.client == Dialect::TokenCount;
  if (counts && to == Dialect::Gemini) {
    return gemini::encode_count_request(std::move(request), target, rules, notes);
  }
  return codec_of(to).encode_request(std::move(request), target, rules, notes);
}

// Whether it may be sent is for the notes to say.
EncodedRequest written(Request request, Dialect to, const Target& target, Notes& notes) {
  EncodedRequest encoded;
  encoded.rules = rules_of(request, target);
  canonical::fit_tool_names(request, to, encoded.rules);
  canonical::fit_call_ids(request, to);
  canonical::repair_turns(request, to, target.can);
  encoded.body = dump(encode(std::move(request), to, target, encoded.rules, notes));
  return encoded;
}

// What the encoders know as messages, a client of Responses has sent as items.
Rejection told_to(Dialect client, Rejection rejection) {
  if (client == Dialect::Responses && rejection.param == "messages") rejection.param = "input";
  return rejection;
}

}  // namespace

std::variant<DecodedRequest, Rejection> decode_request(Dialect client, std::string_view body, bool strict) {
  const Result<Json> tree = parse_object(body);
  if (!tree) return Rejection{"", tree.error().detail};
  DecodedRequest decoded{{}, Notes(strict)};
  decoded.request = decode(client, *tree, decoded.notes);
  decoded.request.client = client;
  if (decoded.notes.rejection()) return *decoded.notes.rejection();
  return decoded;
}

std::variant<EncodedRequest, Rejection> encode_request(const DecodedRequest& decoded, Dialect to, const Target& target,
                                                       bool streams) {
  Request request = decoded.request;
  request.stream = streams;
  Notes notes = decoded.notes;
  EncodedRequest encoded = written(std::move(request), to, target, notes);
  if (notes.rejection()) return told_to(decoded.request.client, *notes.rejection());
  encoded.dropped = notes.dropped();
  return encoded;
}

ReplyRules reply_rules(Dialect client, std::string_view body, Dialect provider, const Target& target) {
  const Result<Json> tree = parse_object(body);
  if (!tree) return {};
  Notes notes;
  Request request = decode(client, *tree, notes);
  request.client = client;
  return written(std::move(request), provider, target, notes).rules;
}

std::variant<EncodedRequest, Rejection> encode_embeddings(std::string_view body, const Target& target) {
  const Result<Json> tree = parse_object(body);
  if (!tree) return Rejection{"", tree.error().detail};
  if (auto fault = embeddings::request_fault(body)) return std::move(*fault);
  Notes notes(target.settings.strict_params);
  EncodedRequest encoded;
  encoded.body = dump(embeddings::to_gemini(*tree, target.model, notes));
  if (notes.rejection()) return *notes.rejection();
  encoded.dropped = notes.dropped();
  return encoded;
}

std::optional<Rejection> passed_fault(Dialect client, std::string_view body) {
  return client == Dialect::Embeddings ? embeddings::request_fault(body) : std::nullopt;
}

}  // namespace aigw::protocol
