#include "protocol/multipart.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=X1";

std::string part(std::string_view name, std::string_view value) {
  return "--X1\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
         "\r\n";
}

const std::string kFile =
    "--X1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;name=\\\"model\\\".mp3\"\r\nContent-Type: "
    "audio/mpeg\r\n\r\n" +
    std::string("ID3\0\r\n--X\r\n--X12\r\n\r\n--", 23) + "\r\n";

Envelope read(std::string_view body, std::string_view type = kType) {
  const Result<Envelope> envelope = read_form(type, body);
  REQUIRE_MESSAGE(envelope.has_value(), body);
  return *envelope;
}

std::string with_model(std::string_view body, std::string_view type = kType) {
  std::vector<Edit> edits;
  set_form_model(read(body, type), type, "new-model", edits);
  std::string result;
  for (const std::string_view piece : protocol::apply(body, edits)) result += piece;
  return result;
}

}  // namespace

TEST_SUITE("protocol/multipart") {
  TEST_CASE("the fields are found among files and other fields") {
    const std::string body = "preamble\r\n" + part("prompt", "model") + kFile + part("model", "whisper-1") +
                             part("stream", "true") + "--X1--\r\nepilogue";
    const Envelope envelope = read(body);
    CHECK(envelope.model == "whisper-1");
    CHECK(envelope.stream);
    CHECK(envelope.members_begin == 10);
    CHECK(with_model(body) == "preamble\r\n" + part("prompt", "model") + kFile + part("model", "new-model") +
                                  part("stream", "true") + "--X1--\r\nepilogue");
  }

  TEST_CASE("a model that is absent is put before the first part") {
    for (const std::string& rest : {kFile + "--X1--", part("a", "b") + "--X1--\r\n", std::string("--X1--")}) {
      CAPTURE(rest);
      CHECK_FALSE(read(rest).model);
      CHECK(with_model(rest) == part("model", "new-model") + rest);
      CHECK(read(with_model(rest)).model == "new-model");
    }
  }

  TEST_CASE("values stand bare, with the last of several counting") {
    CHECK(read(part("model", "") + "--X1--").model == "");
    CHECK(with_model(part("model", "") + "--X1--") == part("model", "new-model") + "--X1--");
    CHECK(read(part("model", "a") + part("model", " b ") + "--X1--").model == "b");
    CHECK(with_model(part("model", "a") + part("model", " b ") + "--X1--") ==
          part("model", "new-model") + part("model", "new-model") + "--X1--");
    for (const char* value : {"false", "False", "0", "", "yes"})
      CHECK_FALSE(read(part("stream", value) + "--X1--").stream);
    for (const char* value : {"true", "True", "1"}) CHECK(read(part("stream", value) + "--X1--").stream);
  }

  TEST_CASE("a file named like a field is no field, and a part without a value is passed over") {
    const std::string file =
        "--X1\r\nContent-Disposition: form-data; name=\"model\"; filename=\"x\"\r\n\r\nabc\r\n--X1--";
    CHECK_FALSE(read(file).model);
    CHECK_FALSE(read("--X1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n--X1--").model);
  }

  TEST_CASE("boundaries and names may be written in several ways") {
    const std::string body = "--X1 \r\ncontent-disposition:form-data;NAME=model\r\nX: y\r\n\r\ngpt\r\n--X1--";
    for (const char* type :
         {kType, "multipart/form-data;boundary=\"X1\"", "Multipart/Form-Data; charset=utf-8; Boundary=X1",
          "multipart/form-data; boundary = X1 ; a=b"}) {
      CAPTURE(type);
      CHECK(read(body, type).model == "gpt");
    }
  }

  TEST_CASE("no body at all is refused") { CHECK_FALSE(read_form(kType, std::string_view())); }

  TEST_CASE("a body that can't be read is refused with a sentence") {
    struct Row {
      std::string type;
      std::string body;
      const char* want;
    };
    const std::string no_boundary = "The Content-Type of a multipart body must name its boundary (1 to 70 characters).";
    for (const Row& row : {
             Row{"multipart/form-data", "--X1--", no_boundary.c_str()},
             Row{"multipart/form-data; boundary=", "--X1--", no_boundary.c_str()},
             Row{"multipart/form-data; boundary=\"X1", "--X1--", no_boundary.c_str()},
             Row{"multipart/form-data; boundary=" + std::string(71, 'x'), "--X1--", no_boundary.c_str()},
             Row{kType, "", "The multipart body does not hold the boundary that its Content-Type names."},
             Row{kType, "--X2\r\n--X2--", "The multipart body does not hold the boundary that its Content-Type names."},
             Row{kType, "--X12\r\n\r\n--X12--",
                 "The multipart body does not hold the boundary that its Content-Type names."},
             Row{kType, "--X1\r\nContent-Disposition: form-data; name=\"a\"\r\n",
                 "Part 1 of the multipart body has no empty line behind its headers."},
             Row{kType, "--X1\r\nA: " + std::string(17'000, 'x') + "\r\n\r\n\r\n--X1--",
                 "Part 1 of the multipart body has no empty line behind its headers."},
             Row{kType, part("a", "b") + "--X1\r\nContent-Type: text/plain\r\n\r\nb\r\n--X1--",
                 "Part 2 of the multipart body has no name in its Content-Disposition."},
             Row{kType, part("a", "b"),
                 "Part 1 of the multipart body is not followed by the boundary: the body is incomplete."},
             Row{kType, part("a", "b") + part("c", "d") + "--X1",
                 "Part 2 of the multipart body is not followed by the boundary: the body is incomplete."},
         }) {
      CAPTURE(row.body);
      const Result<Envelope> envelope = read_form(row.type, row.body);
      REQUIRE_FALSE(envelope);
      CHECK(envelope.error().kind == ErrorKind::BadRequest);
      CHECK(envelope.error().detail == row.want);
    }
  }
}

}  // namespace aigw::protocol
