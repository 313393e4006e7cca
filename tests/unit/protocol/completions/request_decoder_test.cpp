#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "protocol/completions/completions.h"

namespace aigw::protocol::completions {
namespace {

using canonical::Notes;
using canonical::Request;

std::string extras(const Request& request) {
  std::string line;
  for (const canonical::Extra& extra : request.extras) {
    line += extra.name + "<" + extra.client_name + "=" + dump(*extra.value) + " ";
  }
  return line;
}

}  // namespace

TEST_SUITE("protocol/completions/request_decoder") {
  TEST_CASE("a prompt becomes a user's message") {
    for (const char* prompt : {R"("a")", R"(["a"])"}) {
      CAPTURE(prompt);
      Notes notes;
      const Request request = decode_request(
          Json::parse(std::string(R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"echo":true,)"
                                  R"("n":2,"best_of":2,"suffix":"","logprobs":3,"seed":1,"prompt":)") + prompt
                                      + "}"), notes);
      CHECK_FALSE(notes.rejection());
      CHECK(request.client == Dialect::Completions);
      REQUIRE(request.messages.size() == 1);
      CHECK(request.messages[0].role == canonical::Role::User);
      CHECK(canonical::as<canonical::Text>(request.messages[0].parts.at(0))->text == "a");
      CHECK(request.prompt == "a");
      CHECK(request.echo);
      CHECK(request.max_tokens == 16);
      CHECK(request.n == 2);
      CHECK(request.stream);
      CHECK(request.include_usage);
      CHECK(extras(request) == "logprobs<logprobs=true top_logprobs<logprobs=3 seed<seed=1 ");
    }
  }

  TEST_CASE("what can't be converted is rejected by its name") {
    struct Row {
      const char* members;
      const char* param;
    };
    for (const Row& row : {
             Row{R"("model":"m")", "prompt"},
             Row{R"("prompt":null)", "prompt"},
             Row{R"("prompt":["a","b"])", "prompt"},
             Row{R"("prompt":[1,2])", "prompt"},
             Row{R"("prompt":[[1,2]])", "prompt"},
             Row{R"("prompt":[])", "prompt"},
             Row{R"("prompt":"a","suffix":"b")", "suffix"},
             Row{R"("prompt":"a","best_of":2)", "best_of"},
             Row{R"("prompt":"a","max_tokens":0)", "max_tokens"},
             Row{R"("prompt":"a","logprobs":true)", "logprobs"},
             Row{R"("prompt":"a","temperature":3)", "temperature"},
         }) {
      CAPTURE(row.members);
      Notes notes;
      decode_request(Json::parse(std::string("{") + row.members + "}"), notes);
      REQUIRE(notes.rejection());
      CHECK(notes.rejection()->param == row.param);
    }
  }
}

}  // namespace aigw::protocol::completions
