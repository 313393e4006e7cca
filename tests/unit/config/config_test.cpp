#include "config/config.h"

#include <doctest/doctest.h>
#include <string>

namespace aigw::config {

TEST_SUITE("config/config") {

TEST_CASE("enumerators have the words of the file") {
  CHECK(std::string(to_string(Strategy::Weighted)) == "weighted");
  CHECK(std::string(to_string(Strategy::RoundRobin)) == "round_robin");
  CHECK(std::string(to_string(Strategy::Random)) == "random");
  CHECK(std::string(to_string(Strategy::LeastConnections)) == "least_connections");
  CHECK(std::string(to_string(Strategy::Latency)) == "latency");
  CHECK(std::string(to_string(ProviderType::OpenAi)) == "openai");
  CHECK(std::string(to_string(ProviderType::Mock)) == "mock");
}

}  // TEST_SUITE

}  // namespace aigw::config
