#include "config/config.h"

namespace aigw::config {

const char* to_string(Strategy strategy) {
  switch (strategy) {
    case Strategy::Weighted: return "weighted";
    case Strategy::RoundRobin: return "round_robin";
    case Strategy::Random: return "random";
    case Strategy::LeastConnections: return "least_connections";
    case Strategy::Latency: return "latency";
    case Strategy::Expiring: return "expiring";
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

const char* to_string(Durability durability) {
  switch (durability) {
    case Durability::Normal: return "normal";
    case Durability::Strict: return "strict";
  }
  return "";
}

}  // namespace aigw::config
