#include "protocol/error_event.h"

#include <doctest/doctest.h>
#include <string>

#include "protocol/facts.h"

namespace aigw::protocol {
namespace {

// The data line's text of a frame, with the bytes behind it that a reader may touch.
std::string data_of(const std::string& frame) {
  const std::size_t begin = frame.find("data: ") + 6;
  std::string data = frame.substr(begin, frame.size() - begin - 2);
  data.reserve(data.size() + kPadding);
  return data;
}

}  // namespace

TEST_SUITE("protocol/error_event") {

TEST_CASE("dialects of chunks get the error object") {
  const OpenAiError error{"It \"broke\".", "server_error", "", "upstream_truncated"};
  for (const Dialect dialect : {Dialect::Chat, Dialect::Completions, Dialect::Plain}) {
    CHECK(error_event(dialect, error) ==
          R"(data: {"error":{"message":"It \"broke\".","type":"server_error","param":null,"code":"upstream_truncated"}})"
          "\n\n");
  }
}

TEST_CASE("Responses get the typed event") {
  CHECK(error_event(Dialect::Responses, {"It broke.", "server_error", "", ""}) ==
        "event: response.failed\n"
        R"(data: {"type":"response.failed","sequence_number":0,"response":{"id":"resp_failed","object":"response",)"
        R"("status":"failed","error":{"code":"server_error","message":"It broke."},"output":[]}})"
        "\n\n");
  const std::string limited = error_event(Dialect::Responses, {"Slow down.", "rate_limit_error", "", ""});
  CHECK(limited.find(R"("error":{"code":"rate_limit_exceeded","message":"Slow down."})") != std::string::npos);
}

TEST_CASE("a message can't end its event, and bad UTF-8 does not stop it") {
  for (const Dialect dialect : {Dialect::Chat, Dialect::Responses}) {
    const std::string frame = error_event(dialect, {"a\n\ndata: [DONE]\xff", "server_error", "", ""});
    CHECK(frame.find("\n\n") == frame.size() - 2);
    CHECK(frame.find("\\n\\ndata: [DONE]\xef\xbf\xbd") != std::string::npos);
  }
}

TEST_CASE("a gateway behind this one understands it as an error") {
  for (const Dialect dialect : {Dialect::Chat, Dialect::Completions, Dialect::Responses}) {
    const std::string data = data_of(error_event(dialect, {"It broke.", "server_error", "", "upstream_truncated"}));
    const EventFacts facts = read_event(dialect, dialect == Dialect::Responses ? "response.failed" : "", data);
    REQUIRE(facts.error.has_value());
    CHECK(facts.error->message == "It broke.");
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
