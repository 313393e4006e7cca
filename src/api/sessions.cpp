#include <nlohmann/json.hpp>

#include "api/admin_caller.h"
#include "api/audit.h"
#include "api/desk.h"
#include "api/endpoints.h"
#include "api/json_body.h"
#include "api/json_reply.h"
#include "api/refusal.h"
#include "base/text.h"
#include "gateway/access.h"
#include "gateway/availability.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

// No script can read it, and no page of another site can make a browser send it. `seconds`: 0 takes it back.
std::string session_cookie(const Call& call, std::string_view token, std::chrono::seconds seconds) {
  const bool secure = gateway::came_by_https(call.gateway.routes()->trusted_proxies(), call.request);
  return std::string(gateway::kSessionCookie) + "=" + std::string(token) + "; Path=/; Max-Age=" +
         std::to_string(seconds.count()) + "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "");
}

// A page elsewhere must not log somebody in or out. Programs, which are no pages, say nothing of themselves.
bool is_of_foreign_page(const http::Headers& headers) {
  return (headers.has("Sec-Fetch-Site") || headers.has("Origin")) && !gateway::is_own_page(headers);
}

void refuse_foreign_page(Call& call) { refuse(call, 403, "A web page of another origin may not do that."); }

// The key in the body, or an answer and nothing.
std::optional<std::string> read_key(Call& call) {
  const Result<Json> body = read_json_body(call);
  if (!body) {
    refuse(call, body.error());
    return std::nullopt;
  }
  const auto key = body->find("key");
  if (key != body->end() && key->is_string() && !is_blank(key->get_ref<const std::string&>())) {
    return std::string(trim(key->get_ref<const std::string&>()));
  }
  refuse(call, invalid("\"key\" is required: a key that may use /admin."));
  return std::nullopt;
}

void refuse_login(Call& call, const gateway::Refusal& refusal) {
  audit_refused_login(call, refusal.error.message);
  refuse(call, refusal);
}

}  // namespace

void login(Call& call) {
  call.callers = call.gateway.callers();
  if (is_of_foreign_page(call.request.headers)) return refuse_foreign_page(call);
  const std::optional<std::string> key = read_key(call);
  if (!key) return;
  if (!call.callers->guards_admin()) return refuse(call, 409, "No login is needed: this gateway has no key.");
  const auto routes = call.gateway.routes();
  const std::string address = gateway::client_address(routes->trusted_proxies(), call.request);
  if (const auto wait = call.desk.login_limit.refuse(address, steady_now())) {
    gateway::Refusal refusal = gateway::refuse(
        429, "Too many wrong keys came from this address. Try again in " + gateway::wait_text(*wait) + ".");
    refusal.retry_after = *wait;
    return refuse(call, refusal);
  }
  auto entered = call.callers->enter(*key, call.request, routes->trusted_proxies());
  if (const auto* const refusal = std::get_if<gateway::Refusal>(&entered)) return refuse_login(call, *refusal);
  auto& [caller, holder] = std::get<gateway::Callers::Entrant>(entered);
  if (caller.role != config::Role::Admin) {
    return refuse_login(call, gateway::refuse(403, "The key '" + caller.key + "' may not use /admin."));
  }
  call.desk.login_limit.succeeded(address);
  const Result<Secret> token = call.gateway.sessions().begin(std::move(holder), steady_now());
  if (!token) return refuse(call, token.error());
  call.gateway.sessions().end(gateway::session_of(call.request.headers));  // the one before
  call.caller = std::move(caller);
  audit(call, "login", call.caller.key, nullptr, nullptr);
  http::Reply reply = json_reply(200, {{"key", call.caller.key}, {"role", to_string(call.caller.role)}});
  reply.headers.add("Set-Cookie", session_cookie(call, token->reveal(), auth::Sessions::kAgeMax));
  reply.headers.add("Cache-Control", "no-store");
  call.client.reply(reply);
}

void logout(Call& call) {
  if (is_of_foreign_page(call.request.headers)) return refuse_foreign_page(call);
  const std::optional<gateway::Caller> admin = find_admin(call);
  if (call.gateway.sessions().end(gateway::session_of(call.request.headers)) && admin) {
    call.caller = *admin;
    audit(call, "logout", call.caller.key, nullptr, nullptr);
  }
  http::Reply reply = json_reply(200, {{"status", "logged out"}});
  reply.headers.add("Set-Cookie", session_cookie(call, "", std::chrono::seconds{0}));
  call.client.reply(reply);
}

void show_session(Call& call) {
  const std::optional<gateway::Caller> admin = find_admin(call);
  const config::Global& global = call.gateway.routes()->config().global;
  const bool has_key = admin && !admin->is_anonymous();
  http::Reply reply = json_reply(200, {{"needs_login", !admin},
                                       {"key", has_key ? Json(admin->key) : Json(nullptr)},
                                       {"version", GATEWAY_VERSION},
                                       {"allow_config_write", global.allow_config_write}});
  reply.headers.add("Cache-Control", "no-store");
  call.client.reply(reply);
}

}  // namespace aigw::api
