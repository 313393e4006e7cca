#include "base/dialect.h"

namespace aigw {

const char* to_string(Dialect dialect) {
  switch (dialect) {
    case Dialect::Chat: return "chat";
    case Dialect::Completions: return "completions";
    case Dialect::Responses: return "responses";
    case Dialect::Messages: return "messages";
    case Dialect::Gemini: return "gemini";
    case Dialect::Embeddings: return "embeddings";
    case Dialect::TokenCount: return "count_tokens";
    case Dialect::Plain: return "plain";
  }
  return "";
}

}  // namespace aigw
