#include <nlohmann/json.hpp>

#include "api/asset.h"
#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/refusal.h"
#include "base/text.h"

namespace aigw::api {
namespace {

bool is_dashboard_on(const Call& call) { return call.gateway.routes()->config().global.dashboard; }

// What a browser asks for when somebody types an address; programs ask for anything, or for JSON.
bool wants_page(const http::Headers& headers) { return contains(lower(headers.get("Accept")), "text/html"); }

}  // namespace

void show_root(Call& call) {
  if (is_dashboard_on(call) && wants_page(call.request.headers)) {
    const http::Headers headers = {{"Location", "/dashboard"}, {"Cache-Control", "no-cache"}, {"Vary", "Accept"}};
    return call.client.reply({303, headers, ""});
  }
  http::Reply reply = json_reply(200, {{"name", "AI API Gateway"},
                                       {"version", GATEWAY_VERSION},
                                       {"endpoints", {"/v1/chat/completions", "/v1/responses", "/v1/messages",
                                                      "/v1/models", "/health", "/dashboard", "/admin/stats"}}});
  reply.headers.add("Vary", "Accept");
  call.client.reply(reply);
}

void show_dashboard(Call& call) {
  const auto asset = find_asset(call.rest.empty() ? "index.html" : call.rest);
  if (!is_dashboard_on(call) || !asset) return refuse_path(call);
  call.client.reply(asset_reply(*asset, call.request.headers));
}

}  // namespace aigw::api
