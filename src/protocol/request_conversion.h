// A client's request on its way to a provider that speaks another dialect (protocols.md §0.1): decoded once for an
// exchange, encoded for each provider that is tried.
//
// Pure functions, from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/dialect.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/reply_rules.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"

namespace aigw::protocol {

using canonical::Rejection;

// A client's request that was understood.
struct DecodedRequest {
  canonical::Request request;
  canonical::Notes notes;  // of the decoding; each encoding goes on from here
};

// Reads a body of dialect Chat, Completions, Responses, Messages or TokenCount. `strict`: setting strict_params.
std::variant<DecodedRequest, Rejection> decode_request(Dialect client, std::string_view body, bool strict);

// The request as a provider gets it.
struct EncodedRequest {
  std::string body;
  canonical::ReplyRules rules;       // for the answer's way back
  std::vector<std::string> dropped;  // names of fields that the provider does not get
};

// Writes it in dialect `to`: Chat, Responses, Messages or Gemini. `streams`: what the provider is asked for, whatever
// the client wants. A request to count tokens becomes the body of the dialect's own way to count.
std::variant<EncodedRequest, Rejection> encode_request(const DecodedRequest& decoded, Dialect to, const Target& target,
                                                       bool streams);

// What an answer's way back needs of a request whose answer is there already: of as much of it as is right, whether it
// could be sent or not. Dialects as above.
canonical::ReplyRules reply_rules(Dialect client, std::string_view body, Dialect provider, const Target& target);

// Writes a body of Embeddings for Gemini, which is the only other dialect that has them.
std::variant<EncodedRequest, Rejection> encode_embeddings(std::string_view body, const Target& target);

// Why a body can't be passed on, though the provider speaks the client's dialect: Embeddings have rules of the
// gateway's own (§12.2). Precondition: a body whose envelope was read.
std::optional<Rejection> passed_fault(Dialect client, std::string_view body);

}  // namespace aigw::protocol
