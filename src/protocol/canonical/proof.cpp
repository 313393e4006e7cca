#include "protocol/canonical/proof.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/json_string.h"

namespace aigw::protocol::canonical {
namespace {

constexpr std::string_view kMark = "gw1.";

const char* word_of(Vendor vendor) {
  switch (vendor) {
    case Vendor::Anthropic: return "anthropic";
    case Vendor::OpenAi: return "openai";
    case Vendor::Google: return "google";
    case Vendor::None: return "chat";
  }
  return "";
}

Vendor vendor_of(std::string_view word) {
  for (const Vendor vendor : {Vendor::Anthropic, Vendor::OpenAi, Vendor::Google}) {
    if (word == word_of(vendor)) return vendor;
  }
  return Vendor::None;
}

Proof open_envelope(std::string_view packed) {
  const std::optional<std::string> text = from_base64(packed);
  if (!text) return {};
  const Result<Json> envelope = parse_object(*text);
  if (!envelope) return {};
  const Vendor vendor = vendor_of(text_of(*envelope, "v"));
  std::string data(text_of(*envelope, "d"));
  if (vendor == Vendor::None || data.empty()) return {};
  return {vendor, std::move(data), vendor == Vendor::Anthropic && text_of(*envelope, "k") == "redacted"};
}

}  // namespace

std::string seal(Vendor vendor, std::string_view proof, bool redacted) {
  std::string envelope = "{\"v\":" + quote(word_of(vendor)) + ",\"d\":";
  envelope += quote(vendor == Vendor::None ? std::string_view{} : proof);
  if (redacted) envelope += ",\"k\":\"redacted\"";
  return std::string(kMark) + to_base64url(envelope + '}');
}

Proof unseal(std::string_view signature, Vendor native) {
  if (starts_with(signature, kMark)) return open_envelope(signature.substr(kMark.size()));
  if (signature.empty()) return {};
  return {native, std::string(signature), false};
}

bool takes_back(Dialect provider, const Thinking& thinking) {
  if (thinking.proof.empty()) return false;
  if (provider == Dialect::Gemini) return thinking.vendor == Vendor::Google;
  return thinking.vendor == Vendor::Anthropic && !starts_with(thinking.proof, kMark);
}

}  // namespace aigw::protocol::canonical
