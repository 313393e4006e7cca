// What a choice of legacy Completions says, for streams and whole answers alike (protocols.md §12.1).
#pragma once

#include <cstddef>
#include <string>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::completions {

// Log probabilities in this dialect's form: `{tokens,token_logprobs,top_logprobs,text_offset}`. `chat` is Chat's
// `logprobs` object; `offset` is that of the first token in the whole text, in characters, and grows by what is read.
Json logprobs_of(const Json& chat, std::size_t& offset);

// Whether a refusal is the text that the client gets to see: it has words, and is not the bare reason of the finish.
bool is_text(std::string_view refusal, const canonical::Finish& finish);

// `stop`, `length` or `content_filter`.
const char* finish_word(canonical::FinishReason reason);

}  // namespace aigw::protocol::completions
