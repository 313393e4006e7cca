#include "api/router.h"

#include <algorithm>
#include <optional>

#include "api/desk.h"
#include "api/endpoints.h"
#include "api/refusal.h"
#include "api/request_id.h"
#include "base/text.h"
#include "gateway/access.h"
#include "gateway/errors.h"
#include "protocol/endpoint.h"

namespace aigw::api {
namespace {

enum class Guard {
  None,     // anybody
  User,     // who has a key
  Admin,    // whose key has the role admin
  Metrics,  // the same, or anybody if the configuration says so
};

struct Route {
  std::string_view method;
  std::string_view path;  // a `*` stands for any text that is not empty, slashes included
  Guard guard;
  bool changes;  // something: refused to foreign web pages
  void (*endpoint)(Call&);
};

// Beside these there are the inference endpoints of protocol/endpoint.cpp, under `/v1`.
// The first one that fits counts.
constexpr Route kRoutes[] = {
    {"GET", "/health", Guard::None, false, health},
    {"GET", "/metrics", Guard::Metrics, false, show_metrics},
    {"GET", "/", Guard::None, false, show_root},
    {"GET", "/dashboard", Guard::None, false, show_dashboard},
    {"GET", "/dashboard/*", Guard::None, false, show_dashboard},
    {"GET", "/v1/models", Guard::User, false, list_models},
    {"GET", "/v1/models/*", Guard::User, false, show_model},
    {"GET", "/v1/usage", Guard::User, false, show_own_usage},
    {"POST", "/admin/login", Guard::None, false, login},
    {"POST", "/admin/logout", Guard::None, false, logout},
    {"GET", "/admin/session", Guard::None, false, show_session},
    {"GET", "/admin/stats", Guard::Admin, false, show_stats},
    {"GET", "/admin/providers/*", Guard::Admin, false, show_providers},
    {"POST", "/admin/reload", Guard::Admin, true, reload},
    {"GET", "/admin/config", Guard::Admin, false, show_config},
    {"PUT", "/admin/config", Guard::Admin, true, save_config},
    {"POST", "/admin/config/check", Guard::Admin, true, check_config},
    {"GET", "/admin/usage", Guard::Admin, false, show_usage},
    {"DELETE", "/admin/usage/*", Guard::Admin, true, reset_usage},
    {"GET", "/admin/keys", Guard::Admin, false, list_keys},
    {"POST", "/admin/keys", Guard::Admin, true, create_key},
    {"POST", "/admin/keys/*/rotate", Guard::Admin, true, rotate_key},
    {"GET", "/admin/keys/*", Guard::Admin, false, show_key},
    {"PATCH", "/admin/keys/*", Guard::Admin, true, change_key},
    {"DELETE", "/admin/keys/*", Guard::Admin, true, delete_key},
    {"POST", "/admin/owners/*/credit", Guard::Admin, true, credit_owner},
    {"GET", "/admin/owners/*/transactions", Guard::Admin, false, list_transactions},
    {"GET", "/admin/owners", Guard::Admin, false, list_owners},
    {"GET", "/admin/owners/*", Guard::Admin, false, show_owner},
    {"GET", "/admin/overview", Guard::Admin, false, show_overview},
    {"GET", "/admin/events", Guard::Admin, false, watch},
    {"GET", "/admin/explain", Guard::Admin, false, explain},
    {"GET", "/admin/requests", Guard::Admin, false, list_requests},
    {"GET", "/admin/requests/*", Guard::Admin, false, show_request},
};

// What stands in the path for the route's `*`, or nothing if the route is another path's.
std::optional<std::string_view> match(const Route& route, std::string_view path) {
  const std::size_t star = route.path.find('*');
  if (star == std::string_view::npos) return path == route.path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view begin = route.path.substr(0, star);
  const std::string_view end = route.path.substr(star + 1);
  const bool fits = path.size() > begin.size() + end.size() && starts_with(path, begin) && ends_with(path, end);
  return fits ? std::optional(path.substr(begin.size(), path.size() - begin.size() - end.size())) : std::nullopt;
}

// What a request may not pass, answered; true if it may pass. Tells the endpoint who calls.
bool passes(Call& call, const Route& route) {
  if (route.guard == Guard::None) return true;
  const auto routes = call.gateway.routes();
  const config::Global& config = routes->config().global;
  if (route.guard == Guard::Metrics && config.open_metrics) return true;
  const bool is_anthropic = protocol::is_anthropic(call.dialect) && route.guard == Guard::User;
  call.callers = call.gateway.callers();
  auto caller = call.callers->identify(call.request, is_anthropic, routes->trusted_proxies());
  if (const auto* const refusal = std::get_if<gateway::Refusal>(&caller)) {
    refuse(call, *refusal);
    return false;
  }
  call.caller = std::move(std::get<gateway::Caller>(caller));
  const bool may = route.guard == Guard::User || call.caller.role == config::Role::Admin;
  if (!may && call.caller.is_anonymous()) {
    refuse(call, gateway::no_such_key(gateway::credential_of(call.request.headers, is_anthropic)));
    return false;
  }
  if (!may) {
    refuse(call, 403,
           "The key '" + call.caller.key + "' may not use " + (route.guard == Guard::Metrics ? "/metrics" : "/admin") +
               ": that takes a key with the role admin, or the gateway's admin_key.");
    return false;
  }
  const bool is_open = !call.callers->guards_admin();
  if (is_open && route.guard == Guard::Admin && gateway::has_foreign_name(config, call.request.headers)) {
    refuse(call, 403,
           "Without a key /admin answers under an address or a local name alone, since any web page could come by "
           "another one. Set _global.admin_key, or _global.host to this name.");
    return false;
  }
  if (route.changes && is_open && gateway::is_foreign_page(config, call.request.headers)) {
    refuse(call, 403,
           "A web page of another origin may not change anything here. Set _global.admin_key, or allow the "
           "origin in _global.cors_origins.");
    return false;
  }
  return true;
}

// CORS (WHATWG Fetch §3.3): what a browser must read to let a page of an allowed origin use the gateway.
void allow_origin(Call& call) {
  if (!call.request.headers.has("Origin")) return;
  const auto routes = call.gateway.routes();
  const std::string_view origin = gateway::allowed_origin(routes->config().global, call.request.headers);
  if (origin.empty()) return;
  http::Headers& headers = call.client.common_headers();
  headers.set("Access-Control-Allow-Origin", std::string(origin));
  headers.set("Access-Control-Expose-Headers",
              "X-Request-Id, Request-Id, X-Gateway-Provider, X-Gateway-Attempts, X-Gateway-Dropped, X-Gateway-Edits, "
              "X-Gateway-Estimated, X-Gateway-Cost, Retry-After, X-Should-Retry, X-RateLimit-Limit-Requests, "
              "X-RateLimit-Remaining-Requests, X-RateLimit-Reset-Requests, X-RateLimit-Limit-Tokens, "
              "X-RateLimit-Remaining-Tokens, X-RateLimit-Reset-Tokens");
  if (origin != "*") headers.set("Vary", "Origin");
}

void answer_preflight(Call& call, const std::string& methods) {
  http::Headers headers = {{"Allow", methods}};
  if (!call.client.common_headers().get("Access-Control-Allow-Origin").empty()) {
    headers.add("Access-Control-Allow-Methods", methods);
    const std::string_view wanted = call.request.headers.get("Access-Control-Request-Headers");
    headers.add("Access-Control-Allow-Headers", wanted.empty() ? "Authorization, Content-Type" : std::string(wanted));
    headers.add("Access-Control-Max-Age", "600");
  }
  call.client.reply({204, std::move(headers), ""});
}

// Behind these stand the paths of protocol/endpoint.cpp: ours, and the two forms in which Azure's clients ask.
constexpr std::string_view kBases[] = {"/v1", "/openai/v1"};
constexpr std::string_view kDeployments = "/openai/deployments/";

// The path as kRoutes have it.
std::string_view own_path(std::string_view path) {
  if (path == "/dashboard/") return "/dashboard";
  return starts_with(path, "/openai/v1/") ? path.substr(std::string_view("/openai").size()) : path;
}

// Whether the path is that of an inference endpoint. `deployment` is the model that an Azure path names, else empty.
bool is_path_of(const protocol::Endpoint& endpoint, std::string_view path, std::string_view& deployment) {
  deployment = {};
  for (const std::string_view base : kBases) {
    if (starts_with(path, base) && path.substr(base.size()) == endpoint.path) return true;
  }
  const std::size_t around = kDeployments.size() + endpoint.path.size();
  if (path.size() <= around || !starts_with(path, kDeployments) || !ends_with(path, endpoint.path)) return false;
  deployment = path.substr(kDeployments.size(), path.size() - around);
  return !contains(deployment, "/");
}

// Anthropic's clients send the version of its API with each request.
Dialect dialect_of(const http::Request& request) {
  const bool is_messages =
      starts_with(own_path(request.path), "/v1/messages") || request.headers.has("anthropic-version");
  return is_messages ? Dialect::Messages : Dialect::Plain;
}

// HEAD is answered as GET without the body (RFC 9110 §9.3.2).
std::string_view effective_method(const http::Request& request) {
  return request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
}

// Adds a route's method to those that a path knows.
void add_method(std::string& methods, std::string_view method) {
  if (http::lists(methods, method)) return;
  methods += methods.empty() ? "" : ", ";
  methods += method;
  if (method == "GET") methods += ", HEAD";
}

// As they are until a provider is asked.
void add_provider_headers(http::Headers& headers) {
  headers.add("X-Gateway-Provider", "none");
  headers.add("X-Gateway-Attempts", "0");
}

}  // namespace

Router::Router(gateway::Gateway& gateway, observe::Audit* audit_log)
    : gateway_(gateway), desk_(std::make_unique<Desk>(gateway, audit_log)) {}

Router::~Router() = default;

void Router::set_server_load(std::function<http::Server::Load()> load) { desk_->server_load = std::move(load); }

void Router::handle(http::Request& request, http::ClientStream& client) const {
  Call call{gateway_, request, client, *desk_, request_id(request.headers), {}, dialect_of(request), {}, nullptr};
  client.common_headers().add("X-Request-Id", call.id);
  // The name under which Anthropic's SDKs look for it.
  if (call.dialect == Dialect::Messages) client.common_headers().set("Request-Id", call.id);
  add_provider_headers(client.common_headers());
  allow_origin(call);

  std::string methods;  // that the path knows
  const std::string_view method = effective_method(request);
  for (const Route& route : kRoutes) {
    const auto rest = match(route, own_path(request.path));
    if (!rest) continue;
    add_method(methods, route.method);
    if (method != route.method) continue;
    call.rest = *rest;
    if (passes(call, route)) route.endpoint(call);
    return;
  }
  for (const protocol::Endpoint& endpoint : protocol::endpoints()) {
    if (!is_path_of(endpoint, request.path, call.rest)) continue;
    add_method(methods, "POST");
    if (method == "POST") return infer(call, endpoint);
  }
  if (methods.empty()) return refuse_path(call);
  if (method == "OPTIONS") return answer_preflight(call, methods + ", OPTIONS");
  refuse(call, 405, request.method + " is not possible at " + request.path + ", only " + methods + ".",
         {{"Allow", methods + ", OPTIONS"}});
}

http::Reply error_reply(int status, std::string_view message) {
  http::Reply reply = gateway::to_reply(gateway::refuse(status, std::string(message)));
  reply.headers.add("X-Request-Id", request_id({}));
  add_provider_headers(reply.headers);
  return reply;
}

}  // namespace aigw::api
