#include "protocol/endpoint.h"

namespace aigw::protocol {

bool generates_text(Dialect dialect) {
  return dialect == Dialect::Chat || dialect == Dialect::Completions || dialect == Dialect::Responses;
}

const std::vector<Endpoint>& endpoints() {
  static const std::vector<Endpoint> table = {
      {"/chat/completions", Dialect::Chat, BodyKind::Json, true},
      {"/completions", Dialect::Completions, BodyKind::Json, true},
      {"/embeddings", Dialect::Embeddings, BodyKind::Json, false},
      {"/responses", Dialect::Responses, BodyKind::Json, true},
      {"/moderations", Dialect::Plain, BodyKind::Json, false},
      {"/rerank", Dialect::Plain, BodyKind::Json, false},
      {"/images/generations", Dialect::Plain, BodyKind::Json, true},
      {"/images/edits", Dialect::Plain, BodyKind::Multipart, true},
      {"/audio/speech", Dialect::Plain, BodyKind::Json, true},
      {"/audio/transcriptions", Dialect::Plain, BodyKind::Multipart, true},
      {"/audio/translations", Dialect::Plain, BodyKind::Multipart, false},
  };
  return table;
}

}  // namespace aigw::protocol
