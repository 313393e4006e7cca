#include "protocol/endpoint.h"

namespace aigw::protocol {

bool generates_text(Dialect dialect) {
  return dialect == Dialect::Chat || dialect == Dialect::Completions || dialect == Dialect::Responses ||
         dialect == Dialect::Messages;
}

bool is_anthropic(Dialect dialect) { return dialect == Dialect::Messages || dialect == Dialect::TokenCount; }

std::string_view keep_alive_frame(Dialect dialect) {
  return dialect == Dialect::Messages ? "event: ping\ndata: {\"type\":\"ping\"}\n\n" : ": keep-alive\n\n";
}

const std::vector<Endpoint>& endpoints() {
  static const std::vector<Endpoint> table = {
      {"/chat/completions", Dialect::Chat, BodyKind::JsonObject, true},
      {"/completions", Dialect::Completions, BodyKind::JsonObject, true},
      {"/embeddings", Dialect::Embeddings, BodyKind::JsonObject, false},
      {"/responses", Dialect::Responses, BodyKind::JsonObject, true},
      {"/messages", Dialect::Messages, BodyKind::JsonObject, true},
      {"/messages/count_tokens", Dialect::TokenCount, BodyKind::JsonObject, false},
      {"/moderations", Dialect::Plain, BodyKind::JsonObject, false},
      {"/rerank", Dialect::Plain, BodyKind::JsonObject, false},
      {"/images/generations", Dialect::Plain, BodyKind::JsonObject, true},
      {"/images/edits", Dialect::Plain, BodyKind::Multipart, true},
      {"/audio/speech", Dialect::Plain, BodyKind::JsonObject, true},
      {"/audio/transcriptions", Dialect::Plain, BodyKind::Multipart, true},
      {"/audio/translations", Dialect::Plain, BodyKind::Multipart, false},
  };
  return table;
}

}  // namespace aigw::protocol
