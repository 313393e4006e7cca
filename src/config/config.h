// What `config/provider.json` says, as plain structs.
//
// Every default stands here, at its field, and nowhere else: the loader, the schema test and the tables of
// the README take it from here. A `Config` is built once by `load_file()` (config/loader.h), is immutable from
// then on, and is shared between threads as `std::shared_ptr<const Config>`.
//
// Durations are seconds in the file, fractions allowed: more than 0 (from a millisecond) up to a day, where
// nothing else is said.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/dialect.h"
#include "base/secret.h"
#include "config/capabilities.h"
#include "config/key.h"
#include "config/limits.h"
#include "config/params.h"
#include "config/price.h"
#include "config/quota.h"
#include "config/webhook.h"

namespace aigw::config {

// In the file also `auto`, the default: what the endpoint makes obvious (config/provider_type.h).
enum class ProviderType {
  OpenAi,     // any server that speaks OpenAI's HTTP API
  Anthropic,  // any server that speaks Anthropic's
  Azure,      // Azure OpenAI, in the v1 form or, with an api_version, in the deployment form
  Gemini,     // Google's generateContent, of the Gemini API or Vertex AI
  Mock,       // answers from inside the gateway, without network
};

// How a provider of type `mock` behaves (`"mock": {...}`), so that a failover can be watched without an account.
struct Mock {
  Millis latency{200};             // time to the first byte; 0 allowed
  double tokens_per_second = 50;   // pace of a stream, 0.01..1000000
  int error_status = 503;          // the status of a failure, 400..599
  double failure_rate = 0;         // share of the requests that fail, 0..1
  std::string reply;               // the text it answers; empty: it says who it is and echoes the last message
  bool operator==(const Mock&) const = default;
};

// One upstream entry of a route, with everything from `_global` and `_providers` filled in.
struct Provider {
  std::string name;                              // unique within its route
  ProviderType type = ProviderType::OpenAi;
  // Base URL, as `https://api.example.com/v1`: no slash at its end. Anthropic and Gemini: their public one if absent.
  std::string endpoint;
  std::string api_version;                       // Azure: of the deployment form; empty: the v1 form
  std::string model;                             // sent upstream; "*" sends the name that the client asked for
  Secret api_key;                                // empty: no credential is sent
  int priority = 1;                              // smaller is tried first, 0..1000000
  int weight = 10;                               // share within its tier, 0..1000000; 0: only when the others can't
  int retry = 3;                                 // further tries after a failure, 0..10; absent: default_retry
  // One attempt's wait for the first byte, then the silence allowed between two pieces. Absent: default_timeout.
  Millis timeout{120'000};
  Millis connect_timeout{10'000};                // name resolution is the system's; TCP and TLS handshake together
  std::optional<Millis> first_token_timeout;     // streams: wait for the first meaningful event
  std::optional<Millis> idle_timeout;            // streams: silence between two events; comments and pings do not count
  bool stream_support = true;                    // false: a streaming client gets chunks made from its JSON
  bool non_stream_support = true;                // false: it is always asked to stream, the JSON is put together here
  bool enabled = true;
  bool allow_empty = false;                      // true: an answer without content is an answer
  std::map<std::string, std::string> custom_headers;  // added to each request, after those of the gateway
  std::optional<std::int64_t> max_context_length;     // tokens; a longer prompt (estimated) skips this provider
  Quota quota;                                   // `rate_limit`, of this entry alone
  Limits limits;                                 // of this entry alone; requests are attempts here
  std::string account;                           // the `_providers` entry it uses, "" if none
  Quota account_quota;                           // shared by all entries of that account
  Limits account_limits;                         // the same
  std::optional<Price> price;                    // of `model`; config/prices.h says what it costs if nothing stands here
  // What it speaks natively: all of it, in the order of the file. Not given: its type's own. Never empty.
  std::vector<Dialect> dialects = {Dialect::Chat, Dialect::Completions, Dialect::Embeddings};
  Capabilities capabilities;                     // what is known of `model`, then what the file says
  std::set<std::string> own_capabilities;        // names of those that the file says; see capabilities_of()
  Params params;                                 // how the bodies that it gets are adapted
  Mock mock;                                     // for type mock
  // Why it can't be used although enabled (`environment variable OPENAI_API_KEY is not set`), else "".
  std::string unavailable_reason;
  bool operator==(const Provider&) const = default;
};

// How the next provider is chosen within a tier.
enum class Strategy { Weighted, RoundRobin, Random, LeastConnections, Latency, Expiring, Cost };

// When a counted exchange survives the loss of power.
enum class Durability {
  Normal,  // within about a second; the end of the process, however it ends, loses nothing
  Strict,  // before its answer ends
};

// What the config says for one model name.
struct Route {
  std::string model;                  // exact name, or a pattern with `*`
  std::vector<std::string> aliases;   // further exact names
  Strategy strategy = Strategy::Weighted;
  ConversionSettings conversion;      // its fields stand among those of the route
  bool capture = false;               // the stories of its requests keep what was said
  std::vector<Provider> providers;    // at least one, in the order of the file
  bool operator==(const Route&) const = default;
};

struct Global {
  Millis default_timeout{120'000};    // the whole exchange up to the first byte to the client
  int default_retry = 3;              // for providers that do not say, 0..10
  bool log_requests = true;           // one log line for each exchange
  double log_sample = 1;              // of those, the share that is written, 0..1; of failures all are
  int requests_kept = 1'000;          // stories of the last exchanges in memory, 0..100000
  int requests_kept_mb = 32;          // and what they may take together, 1..4096
  Secret api_key;                     // what clients must send; empty: no authentication
  Secret admin_key;                   // for /admin; empty: the api_key guards it too
  std::string host = "127.0.0.1";     // address to listen on
  int port = 6010;                    // 0..65535; 0: the system chooses
  int threads = 512;                  // exchanges in flight at most, 1..10000; further ones get 503
  int max_connections = 10'000;       // client connections at most, 1..1000000
  int max_body_mb = 64;               // 1..4096
  Millis shutdown_grace{8'000};       // what exchanges in flight get after SIGTERM; 0 allowed
  std::string default_model;          // used when a request names none; "": 400
  Millis stream_keepalive{0};         // silence after which a waiting stream gets SSE comments; 0: never
  std::vector<std::string> trusted_proxies;  // addresses or CIDR blocks whose X-Forwarded-For is believed
  std::vector<std::string> cors_origins;     // origins allowed to call from a browser; "*": all
  Durability durability = Durability::Normal;
  int history_days = 90;              // days of usage history to keep, 0..3650; 0: none is written
  Limits limits;                      // of the whole gateway
  PriceTable prices;                  // of models by name, for providers that do not say
  std::vector<Webhook> webhooks;      // who is told of alerts; at most 20
  std::optional<Jwt> jwt;             // tokens of an identity provider, beside keys
  bool dashboard = true;              // serve the page at /dashboard
  bool open_metrics = false;          // /metrics needs no key
  bool allow_config_write = false;    // PUT /admin/config may change the file
  bool operator==(const Global&) const = default;
};

struct Config {
  Global global;
  std::vector<Key> keys;              // of `_keys`, in the order of the file
  std::vector<Owner> owners;          // of `_owners`; one may be named `*`
  std::vector<Route> routes;          // in the order of the file
  PriceTable well_known_prices;       // of `prices.json` beside the file; empty if there is none
  std::string prices_date;            // when those were true, `2026-11-21`
};

using Snapshot = std::shared_ptr<const Config>;

// The words of the file: `weighted`, `openai`, ….
const char* to_string(Strategy strategy);
std::optional<Strategy> parse_strategy(std::string_view word);
const char* to_string(ProviderType type);
const char* to_string(Durability durability);

}  // namespace aigw::config
