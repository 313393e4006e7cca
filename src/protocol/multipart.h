// The `model` and `stream` fields of a multipart/form-data body (audio and image uploads), found in place.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/envelope.h"

namespace aigw::protocol {

// Reads the parts' headers and the two small fields; file parts are passed over, never copied.
// `content_type` is the request's header with its boundary. The spans of the result are the bare values
// (no quotes): an edit made with set_model on it must not quote, see set_form_model.
// A file part with one of these names is not the field. Line ends are CR LF, as RFC 2046 §5.1 has it.
// Errors: BadRequest with a sentence for the client (no boundary, no closing boundary, a part without a name).
Result<Envelope> read_form(std::string_view content_type, std::string_view body);

// As set_model, for a form: the value stands bare; absent, a part is inserted before the first one.
void set_form_model(const Envelope& envelope, std::string_view content_type, std::string_view name,
                    std::vector<Edit>& edits);

}  // namespace aigw::protocol
