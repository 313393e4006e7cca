// The fields in Chat's words that an encoder found no place for.
#pragma once

#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// Drops the extras that are left. Values that ask for nothing but what happens without them are told only to Chat
// clients, which have written them; other decoders make them up.
void drop_extras(const Request& request, Notes& notes);

}  // namespace aigw::protocol::canonical
