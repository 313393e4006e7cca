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
    case Strategy::Cost: return "cost";
  }
  return "";
}

std::optional<Strategy> parse_strategy(std::string_view word) {
  for (const Strategy strategy : {Strategy::Weighted, Strategy::RoundRobin, Strategy::Random, Strategy::LeastConnections,
                                  Strategy::Latency, Strategy::Expiring, Strategy::Cost}) {
    if (word == to_string(strategy)) return strategy;
  }
  return std::nullopt;
}

const char* to_string(ProviderType type) {
  switch (type) {
    case ProviderType::OpenAi: return "openai";
    case ProviderType::Anthropic: return "anthropic";
    case ProviderType::Azure: return "azure";
    case ProviderType::Gemini: return "gemini";
    case ProviderType::Mock: return "mock";
  }
  return "";
}

const char* to_string(ThinkingForm form) {
  switch (form) {
    case ThinkingForm::None: return "none";
    case ThinkingForm::Budget: return "budget";
    case ThinkingForm::Adaptive: return "adaptive";
    case ThinkingForm::Level: return "level";
  }
  return "";
}

const char* to_string(Role role) {
  switch (role) {
    case Role::User: return "user";
    case Role::Admin: return "admin";
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
