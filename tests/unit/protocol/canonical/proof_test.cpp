#include "protocol/canonical/proof.h"

#include <doctest/doctest.h>

#include <string>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::protocol::canonical {
namespace {

std::string envelope(const std::string& json) { return "gw1." + to_base64url(json); }

}  // namespace

TEST_SUITE("protocol/canonical/proof") {
  TEST_CASE("an envelope is the compact JSON of vendor and proof") {
    CHECK(seal(Vendor::Anthropic, "s+/=", false) == envelope(R"({"v":"anthropic","d":"s+/="})"));
    CHECK(seal(Vendor::Anthropic, "x", true) == envelope(R"({"v":"anthropic","d":"x","k":"redacted"})"));
    CHECK(seal(Vendor::OpenAi, "a\"b", false) == envelope(R"({"v":"openai","d":"a\"b"})"));
    CHECK(seal(Vendor::Google, "é", false) == envelope(R"({"v":"google","d":"é"})"));
    CHECK(seal(Vendor::None, "", false) == envelope(R"({"v":"chat","d":""})"));
    CHECK(seal(Vendor::None, "", false).find('=') == std::string::npos);
  }

  TEST_CASE("what was sealed is unsealed byte for byte, whoever's turn it is") {
    for (const Vendor vendor : {Vendor::Anthropic, Vendor::OpenAi, Vendor::Google}) {
      for (const bool redacted : {false, true}) {
        const Proof proof = unseal(seal(vendor, "EqQB+/\"\\é==", redacted), Vendor::Anthropic);
        CHECK(proof.vendor == vendor);
        CHECK(proof.data == "EqQB+/\"\\é==");
        CHECK(proof.redacted == (redacted && vendor == Vendor::Anthropic));
      }
    }
  }

  TEST_CASE("what is no envelope is the native vendor's own proof") {
    const Proof proof = unseal("EqQBgw1.", Vendor::Anthropic);
    CHECK(proof.vendor == Vendor::Anthropic);
    CHECK(proof.data == "EqQBgw1.");
    CHECK(!proof.redacted);
  }

  TEST_CASE("plain reasoning and damaged envelopes are proofs of nobody") {
    for (const std::string& signature :
         {std::string(), seal(Vendor::None, "", false), std::string("gw1."), std::string("gw1.***"),
          envelope("no JSON"), envelope("[1]"), envelope(R"({"v":"openai"})"), envelope(R"({"v":"openai","d":7})"),
          envelope(R"({"v":"openai","d":""})"), envelope(R"({"v":"acme","d":"x"})"), envelope(R"({"v":1,"d":"x"})")}) {
      CAPTURE(signature);
      const Proof proof = unseal(signature, Vendor::OpenAi);
      CHECK(proof.vendor == Vendor::None);
      CHECK(proof.data.empty());
    }
  }
}

}  // namespace aigw::protocol::canonical
