#include "config/fields.h"

#include "config/capabilities_reader.h"
#include "config/jwt_reader.h"
#include "config/key_reader.h"
#include "config/limits_reader.h"
#include "config/owner_reader.h"
#include "config/params_reader.h"
#include "config/price_reader.h"
#include "config/quota_reader.h"
#include "config/readers.h"
#include "config/webhook_reader.h"

namespace aigw::config {
namespace {

constexpr Millis kNone{0};
constexpr Millis kShortest{1};
constexpr Millis kDay{24 * 60 * 60 * 1000};
constexpr Millis kHour{60 * 60 * 1000};
constexpr int kRetryMax = 10;
constexpr int kHistoryDaysMax = 3650;
constexpr int kRankMax = 1'000'000;  // of priority and weight: far from overflow in the scheduler's sums

template <typename T>
Read<T> seconds_or_null(std::optional<Millis> T::*field) {
  return or_null<T, Millis>(field, [](const Value& value) { return value.seconds(kShortest, kDay); });
}

const Fields<Mock>& mock_fields() {
  static const Fields<Mock> fields = {
      {"latency", seconds(&Mock::latency, kNone, kDay)},
      {"tokens_per_second", number(&Mock::tokens_per_second, 0.01, 1'000'000)},
      {"error_status", integer(&Mock::error_status, 400, 599)},
      {"failure_rate", number(&Mock::failure_rate, 0, 1)},
      {"reply", text(&Mock::reply)},
  };
  return fields;
}

void read_mock(const Value& value, ProviderDraft& into) { read_object(value, mock_fields(), into.mock); }

Read<RouteDraft> conversion(bool ConversionSettings::*field) {
  return [=](const Value& value, RouteDraft& into) { boolean(field)(value, into.conversion); };
}

// What identifies an entry and gives it its place; everything else can be shared through an account.
const Fields<ProviderDraft>& entry_fields() {
  static const Fields<ProviderDraft> fields = {
      {"name", by<ProviderDraft, std::string>(&ProviderDraft::name, read_name)},
      {"use", by<ProviderDraft, std::string>(&ProviderDraft::use, read_name)},
      {"model", by<ProviderDraft, std::string>(&ProviderDraft::model, read_model)},
      {"priority", integer<Provider, int>(&Provider::priority, 0, kRankMax)},
      {"weight", integer<Provider, int>(&Provider::weight, 0, kRankMax)},
  };
  return fields;
}

}  // namespace

const Fields<Global>& global_fields() {
  static const Fields<Global> fields = {
      {"default_timeout", seconds(&Global::default_timeout, kShortest, kDay)},
      {"default_retry", integer(&Global::default_retry, 0, kRetryMax)},
      {"log_requests", boolean(&Global::log_requests)},
      {"log_sample", number(&Global::log_sample, 0, 1)},
      {"requests_kept", integer(&Global::requests_kept, 0, 100'000)},
      {"requests_kept_mb", integer(&Global::requests_kept_mb, 1, 4096)},
      {"api_key", by(&Global::api_key, read_secret)},
      {"admin_key", by(&Global::admin_key, read_secret)},
      {"host", by(&Global::host, read_listen_host)},
      {"port", integer(&Global::port, 0, 65535)},
      {"threads", integer(&Global::threads, 1, 10'000)},
      {"max_connections", integer(&Global::max_connections, 1, 1'000'000)},
      {"max_body_mb", integer(&Global::max_body_mb, 1, 4096)},
      {"shutdown_grace", seconds(&Global::shutdown_grace, kNone, kHour)},
      {"default_model", text(&Global::default_model)},
      {"stream_keepalive", seconds(&Global::stream_keepalive, kNone, kHour)},
      {"trusted_proxies", by(&Global::trusted_proxies, read_addresses)},
      {"cors_origins", by(&Global::cors_origins, read_cors_origins)},
      {"durability", choice("durability", &Global::durability, {Durability::Normal, Durability::Strict})},
      {"history_days", integer(&Global::history_days, 0, kHistoryDaysMax)},
      {"limits", by(&Global::limits, read_limits)},
      {"prices", by(&Global::prices, read_prices)},
      {"webhooks", by(&Global::webhooks, read_webhooks)},
      {"jwt", by_or_null(&Global::jwt, read_jwt)},
      {"dashboard", boolean(&Global::dashboard)},
      {"open_metrics", boolean(&Global::open_metrics)},
      {"allow_config_write", boolean(&Global::allow_config_write)},
  };
  return fields;
}

const Fields<ProviderDraft>& account_fields() {
  static const Fields<ProviderDraft> fields = {
      {"type", read_type},
      {"endpoint", read_endpoint},
      {"api_version", read_api_version},
      {"api_key", read_api_key},
      {"api_key_file", read_api_key_file},
      {"custom_headers", read_custom_headers},
      {"rate_limit", by<ProviderDraft, Quota>(&Provider::quota, read_quota)},
      {"limits", by<ProviderDraft, Limits>(&Provider::limits, read_limits)},
      {"price", by_or_null<ProviderDraft, Price>(&Provider::price, read_price)},
      {"retry", integer<Provider>(&Provider::retry, 0, kRetryMax)},
      {"timeout", seconds<Provider>(&Provider::timeout, kShortest, kDay)},
      {"connect_timeout", seconds<Provider>(&Provider::connect_timeout, kShortest, kDay)},
      {"first_token_timeout", seconds_or_null<Provider>(&Provider::first_token_timeout)},
      {"idle_timeout", seconds_or_null<Provider>(&Provider::idle_timeout)},
      {"stream_support", boolean<Provider>(&Provider::stream_support)},
      {"non_stream_support", boolean<Provider>(&Provider::non_stream_support)},
      {"enabled", boolean<Provider>(&Provider::enabled)},
      {"allow_empty", boolean<Provider>(&Provider::allow_empty)},
      {"max_context_length", count_or_null<Provider>(&Provider::max_context_length)},
      {"dialects", read_dialects},
      {"capabilities", read_capabilities},
      {"params", read_params},
      {"mock", read_mock},
  };
  return fields;
}

const Fields<ProviderDraft>& provider_fields() {
  static const Fields<ProviderDraft> fields = [] {
    Fields<ProviderDraft> all = entry_fields();
    all.insert(all.end(), account_fields().begin(), account_fields().end());
    return all;
  }();
  return fields;
}

const Fields<RouteDraft>& route_fields() {
  static const Fields<RouteDraft> fields = {
      {"providers", [](const Value& value, RouteDraft& into) { into.entries = value; }},
      {"aliases", by<Route, std::vector<std::string>>(&Route::aliases, read_aliases)},
      {"strategy", choice<Route>("strategy", &Route::strategy,
                                 {Strategy::Weighted, Strategy::RoundRobin, Strategy::Random,
                                  Strategy::LeastConnections, Strategy::Latency, Strategy::Expiring, Strategy::Cost})},
      {"strict_params", conversion(&ConversionSettings::strict_params)},
      {"rewrite_model", conversion(&ConversionSettings::rewrite_model)},
      {"drop_server_tools", conversion(&ConversionSettings::drop_server_tools)},
      {"expose_upstream_limits", conversion(&ConversionSettings::expose_upstream_limits)},
      {"pass_upstream_auth_errors", conversion(&ConversionSettings::pass_upstream_auth_errors)},
      {"capture", boolean<Route>(&Route::capture)},
  };
  return fields;
}

const std::vector<std::string>& known_fields(Object object) {
  static const std::vector<std::string> global = names_of(global_fields());
  static const std::vector<std::string> account = names_of(account_fields());
  static const std::vector<std::string> route = names_of(route_fields());
  static const std::vector<std::string> provider = names_of(provider_fields());
  static const std::vector<std::string> window = names_of(window_fields());
  static const std::vector<std::string> mock = names_of(mock_fields());
  static const std::vector<std::string> capabilities = names_of(capability_fields());
  static const std::vector<std::string> params = names_of(params_fields());
  static const std::vector<std::string> key = names_of(key_fields());
  static const std::vector<std::string> owner = names_of(owner_fields());
  static const std::vector<std::string> limits = names_of(limits_fields());
  static const std::vector<std::string> price = names_of(price_fields());
  static const std::vector<std::string> jwt = names_of(jwt_fields());
  static const std::vector<std::string> webhook = names_of(webhook_fields());
  switch (object) {
    case Object::Global: return global;
    case Object::Account: return account;
    case Object::Route: return route;
    case Object::Provider: return provider;
    case Object::Window: return window;
    case Object::Mock: return mock;
    case Object::Capabilities: return capabilities;
    case Object::Params: return params;
    case Object::Key: return key;
    case Object::Owner: return owner;
    case Object::Limits: return limits;
    case Object::Price: return price;
    case Object::Jwt: return jwt;
    case Object::Webhook: return webhook;
  }
  return global;
}

}  // namespace aigw::config
