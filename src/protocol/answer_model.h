// The model's name in an answer that is passed through (setting `rewrite_model`, protocols.md §0.2).
#pragma once

#include <string>
#include <string_view>

namespace aigw::protocol {

// Replaces the `model` of a whole answer or of one event's data, wherever its dialect has it: at the top, or in the
// `message` or `response` that an event carries. Everything else stays byte for byte. False: no model is named there,
// or `text` is not one JSON object; then it is unchanged.
bool rename_model(std::string& text, std::string_view model);

// The frame of an event with another model's name in its data; "" if it names none.
std::string renamed_frame(std::string_view name, std::string_view data, std::string_view model);

}  // namespace aigw::protocol
