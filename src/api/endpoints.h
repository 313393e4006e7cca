// The endpoints, one function each; api/router.cpp says which path leads to which.
#pragma once

#include "api/call.h"
#include "protocol/endpoint.h"

namespace aigw::api {

void health(Call& call);            // GET /health
void show_metrics(Call& call);      // GET /metrics
void show_root(Call& call);         // GET /
void show_dashboard(Call& call);    // GET /dashboard and what is below
void list_models(Call& call);       // GET /v1/models
void show_model(Call& call);        // GET /v1/models/<id>

// POST /v1/chat/completions and its kin. The exchange checks the key itself, so that refused ones are recorded too.
void infer(Call& call, const protocol::Endpoint& endpoint);

void show_own_usage(Call& call);    // GET /v1/usage

void login(Call& call);             // POST /admin/login
void logout(Call& call);            // POST /admin/logout
void show_session(Call& call);      // GET /admin/session
void show_stats(Call& call);        // GET /admin/stats
void show_providers(Call& call);    // GET /admin/providers/<model>
void reload(Call& call);            // POST /admin/reload
void show_overview(Call& call);     // GET /admin/overview
void watch(Call& call);             // GET /admin/events
void explain(Call& call);           // GET /admin/explain
void list_requests(Call& call);     // GET /admin/requests
void show_request(Call& call);      // GET /admin/requests/<id>
void show_config(Call& call);       // GET /admin/config
void check_config(Call& call);      // POST /admin/config/check
void save_config(Call& call);       // PUT /admin/config
void show_usage(Call& call);        // GET /admin/usage
void reset_usage(Call& call);       // DELETE /admin/usage/<model>/<provider>

void list_keys(Call& call);         // GET /admin/keys
void create_key(Call& call);        // POST /admin/keys
void show_key(Call& call);          // GET /admin/keys/<name>
void change_key(Call& call);        // PATCH /admin/keys/<name>
void delete_key(Call& call);        // DELETE /admin/keys/<name>
void rotate_key(Call& call);        // POST /admin/keys/<name>/rotate
void list_owners(Call& call);       // GET /admin/owners
void show_owner(Call& call);        // GET /admin/owners/<name>
void credit_owner(Call& call);      // POST /admin/owners/<name>/credit
void list_transactions(Call& call); // GET /admin/owners/<name>/transactions

}  // namespace aigw::api
