#include "protocol/canonical/extras.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace aigw::protocol::canonical {

TEST_SUITE("protocol/canonical/extras") {
  TEST_CASE("what is left is dropped under the client's name, and Chat clients are told of defaults, too") {
    Request request;
    request.extras.push_back({"web_search_options", "web_search_options", Json::object()});
    request.extras.push_back({"prediction", "prediction", Json::object()});
    request.extras.push_back({"logit_bias", "logit_bias", Json::object()});
    request.extras.push_back({"verbosity", "text.verbosity", Json("medium")});
    request.extras.push_back({"nothing", "nothing", Json()});
    Notes notes;
    drop_extras(request, notes);
    CHECK(notes.dropped() ==
          std::vector<std::string>{"web_search_options", "prediction", "logit_bias", "text.verbosity"});
    request.client = Dialect::Responses;
    Notes others;
    drop_extras(request, others);
    CHECK(others.dropped() == std::vector<std::string>{"web_search_options", "prediction"});
  }
}

}  // namespace aigw::protocol::canonical
