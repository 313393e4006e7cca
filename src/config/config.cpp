#include "config/config.h"

namespace aigw::config {

const char* to_string(Strategy strategy) {
  switch (strategy) {
    case Strategy::Weighted: return "weighted";
    case Strategy::RoundRobin: return "round_robin";
    case Strategy::Random: return "random";
    case Strategy::LeastConnections: return "least_connections";
    case Strategy::Latency: return "latency";
  }
  return "";
}

const char* to_string(ProviderType type) {
  switch (type) {
    case ProviderType::OpenAi: return "openai";
    case ProviderType::Mock: return "mock";
  }
  return "";
}

}  // namespace aigw::config
