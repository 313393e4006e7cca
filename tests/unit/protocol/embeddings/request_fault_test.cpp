#include "protocol/embeddings/request_fault.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace aigw::protocol::embeddings {
namespace {

// The field that is named; "" if nothing is wrong.
std::string fault_of(const char* body) {
  const std::optional<canonical::Rejection> fault = request_fault(body);
  return fault ? fault->param : "";
}

}  // namespace

TEST_SUITE("protocol/embeddings/request_fault") {
  TEST_CASE("nothing to embed, and an unknown encoding, are named") {
    for (const char* body : {R"({"input":""})", R"({"input":[]})", R"({"input":[ ]})", R"({"input":["a", "" ]})",
                             R"({"input":["",1]})", R"({"input":[[1],"\\\"",""]})", R"({"inpu\u0074":""})",
                             R"({"input":"a","input":""})"}) {
      CAPTURE(body);
      CHECK(fault_of(body) == "input");
    }
    for (const char* body : {R"({"input":"a","encoding_format":"hex"})", R"({"encoding_format":1})",
                             R"({"encoding_format":""})", R"({"encoding_format":{}})"}) {
      CAPTURE(body);
      CHECK(fault_of(body) == "encoding_format");
    }
  }

  TEST_CASE("all else is the provider's to judge") {
    for (const char* body :
         {"{}", R"({"input":"a"})", R"({"input":" "})", R"({"input":["a","\"","\\"]})", R"({"input":[1,2]})",
          R"({"input":[[1,2],[3]]})", R"({"input":[[]]})", R"({"input":[{"text":""},["",[]]]})", R"({"input":null})",
          R"({"input":5})", R"({"input":"","input":"a"})", R"({"input":"a","encoding_format":null})",
          R"({"input":"a","encoding_format":"flo\u0061t"})", R"({"encoding_format":"base64"})", R"({"input":""} x)", "",
          "[]"}) {
      CAPTURE(body);
      CHECK(fault_of(body) == "");
    }
  }
}

}  // namespace aigw::protocol::embeddings
