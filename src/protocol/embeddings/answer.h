// A provider's vectors as the client asked for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dialect.h"
#include "base/result.h"

namespace aigw::protocol::embeddings {

// `asked`: the client's body. `model` ("": the one that the body names) and `prompt_tokens` are for a provider that
// tells neither (Gemini). An answer that is sorted and has the wanted form already is given back as it is, byte for
// byte. Error Garbled: not embeddings.
Result<std::string> convert_answer(Dialect provider, std::string answer, std::string_view asked, std::string_view model,
                                   std::int64_t prompt_tokens);

}  // namespace aigw::protocol::embeddings
