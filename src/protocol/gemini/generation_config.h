// Limits, sampling, the answer's form and thinking as Gemini's `generationConfig` (protocols.md §11.1, §3.7).
#pragma once

#include <string>

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/codec.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::gemini {

// An object, empty where the request asks for nothing of it. Takes the extras that Gemini knows out of the request.
Json generation_config(canonical::Request& request, const Target& target, canonical::Notes& notes);

// Whether the answer's form must be asked for in words: Gemini refuses JSON mode beside tools.
bool asks_for_form_in_words(const canonical::Request& request, const Target& target);

// The words. Precondition: request.format.
std::string form_in_words(const canonical::OutputFormat& format);

}  // namespace aigw::protocol::gemini
