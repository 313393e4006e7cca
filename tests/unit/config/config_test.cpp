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
  CHECK(std::string(to_string(Strategy::Expiring)) == "expiring");
  CHECK(std::string(to_string(ProviderType::OpenAi)) == "openai");
  CHECK(std::string(to_string(ProviderType::Anthropic)) == "anthropic");
  CHECK(std::string(to_string(ProviderType::Azure)) == "azure");
  CHECK(std::string(to_string(ProviderType::Gemini)) == "gemini");
  CHECK(std::string(to_string(ProviderType::Mock)) == "mock");
  CHECK(std::string(to_string(ThinkingForm::None)) == "none");
  CHECK(std::string(to_string(ThinkingForm::Budget)) == "budget");
  CHECK(std::string(to_string(ThinkingForm::Adaptive)) == "adaptive");
  CHECK(std::string(to_string(ThinkingForm::Level)) == "level");
  CHECK(std::string(to_string(Durability::Normal)) == "normal");
  CHECK(std::string(to_string(Durability::Strict)) == "strict");
}

TEST_CASE("a window has the text of its period") {
  QuotaWindow window;
  CHECK(window.period_text() == "0 0 * * *");
  window.period = "5h";
  CHECK(window.period_text() == "5h");
}

}  // TEST_SUITE

}  // namespace aigw::config
