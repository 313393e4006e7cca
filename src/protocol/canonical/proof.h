// Opaque proofs of reasoning, carried through dialects that have no place for them (protocols.md §3.6): the envelope
// `gw1.` + base64url of `{"v":<vendor>,"d":<proof>}`.
#pragma once

#include <string>
#include <string_view>

#include "protocol/canonical/request.h"

namespace aigw::protocol::canonical {

// The envelope. Vendor None is plain reasoning of a Chat provider (`"v":"chat"`, `"d":""`): never empty, so that
// clients that discard unsigned thinking keep the block.
std::string seal(Vendor vendor, std::string_view proof, bool redacted);

// Vendor, proof and redacted of a block of reasoning that came back with this signature: an envelope is unpacked;
// what is none is `native`'s own proof, byte for byte. An envelope that is damaged is a proof of nobody (vendor None,
// no proof).
struct Proof {
  Vendor vendor = Vendor::None;
  std::string data;
  bool redacted = false;
};
Proof unseal(std::string_view signature, Vendor native);

// Whether Messages or Gemini takes this block of reasoning back: it bears the vendor's own proof, and no envelope.
bool takes_back(Dialect provider, const Thinking& thinking);

}  // namespace aigw::protocol::canonical
