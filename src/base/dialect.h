// The languages in which requests for models are written, and their answers.
#pragma once


namespace aigw {

enum class Dialect {
  Chat,         // OpenAI Chat Completions: chunks, `[DONE]`
  Completions,  // OpenAI's legacy Completions: chunks with `text`, `[DONE]`
  Responses,    // OpenAI Responses: items, typed events
  Messages,     // Anthropic Messages: blocks, typed events
  Gemini,       // Google's generateContent; no client speaks it here
  Embeddings,   // OpenAI Embeddings: never streamed
  TokenCount,   // Anthropic's count_tokens: a Messages request, answered with a number
  Plain,        // anything else: body and answer are forwarded, only errors in a JSON answer are read
};

// The word of the config file: `chat`, `completions`, `responses`, `messages`, `gemini`, `embeddings`, …
const char* to_string(Dialect dialect);

}  // namespace aigw
