#include <doctest/doctest.h>

#include <string>

#include "protocol/passed_stream.h"

namespace aigw::protocol {
namespace {

constexpr std::size_t kResponseBytesMax = 256 * 1024;

ErrorForm broken() { return form_of(0, {502, "It broke.", "server_error", "upstream_truncated"}, {}); }

void note(PassedStream& stream, std::string data) {
  data.reserve(data.size() + kPadding);
  stream.note(read_event(Dialect::Responses, "", data), data);
}

std::string created(const std::string& members) {
  return R"({"type":"response.created","response":{"id":"resp_1","model":"m",)" + members +
         R"("status":"in_progress"},"sequence_number":0})";
}

std::string failed(const std::string& number, const std::string& response) {
  return "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":" + number +
         ",\"response\":" + response + "}\n\n";
}

}  // namespace

TEST_SUITE("protocol/passed_stream") {
  TEST_CASE("a stream that breaks fails with the response it told and the next number") {
    PassedStream stream(Dialect::Responses, "");
    note(stream, created(R"("error":null,)"));
    note(stream, R"({"type":"response.output_text.delta","delta":"a","sequence_number":7})");
    CHECK(stream.failure(broken()) ==
          failed("8", R"({"id":"resp_1","model":"m","error":{"code":"server_error","message":"It broke."},)"
                      R"("status":"failed"})"));
  }

  TEST_CASE("events without numbers are counted") {
    PassedStream stream(Dialect::Responses, "alias");
    note(stream, R"({"type":"response.created","response":{"id":"r","model":"m"}})");
    note(stream, R"({"type":"response.output_text.delta","delta":"a"})");
    CHECK(stream.failure(broken()) ==
          failed("2", R"({"id":"r","model":"alias","status":"failed","error":{"code":"server_error",)"
                      R"("message":"It broke."}})"));
  }

  TEST_CASE("the provider's own failure keeps all but its message") {
    PassedStream stream(Dialect::Responses, "");
    note(stream, created(""));
    stream.note_failure(R"({"type":"response.failed","sequence_number":9,"response":{"id":"resp_1","status":"failed",)"
                        R"("error":{"code":"context_length_exceeded","message":"at 10.0.0.1"},"output":[1]}})");
    CHECK(stream.failure(broken()) ==
          failed("9", R"({"id":"resp_1","status":"failed","error":{"code":"context_length_exceeded",)"
                      R"("message":"It broke."},"output":[1]})"));
  }

  TEST_CASE("what told nothing of a response, or too much, fails as any stream does") {
    const std::string made_up = error_frame(Dialect::Responses, broken());
    PassedStream silent(Dialect::Responses, "");
    CHECK(silent.failure(broken()) == made_up);
    silent.note_failure("no JSON");
    CHECK(silent.failure(broken()) == made_up);
    note(silent, created(R"("instructions":")" + std::string(kResponseBytesMax, 'x') + "\","));
    CHECK(silent.failure(broken()) == made_up);
    PassedStream chat(Dialect::Chat, "");
    CHECK(chat.failure(broken()) == error_frame(Dialect::Chat, broken()));
  }
}

}  // namespace aigw::protocol
