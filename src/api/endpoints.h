// The endpoints, one function each; api/router.cpp says which path leads to which.
#pragma once

#include "api/call.h"
#include "protocol/endpoint.h"

namespace aigw::api {

void health(Call& call);            // GET /health
void list_models(Call& call);       // GET /v1/models
void show_model(Call& call);        // GET /v1/models/<id>

// POST /v1/chat/completions and its kin. The exchange checks the key itself, so that refused ones are recorded too.
void infer(Call& call, const protocol::Endpoint& endpoint);

void show_stats(Call& call);        // GET /admin/stats
void show_providers(Call& call);    // GET /admin/providers/<model>
void reload(Call& call);            // POST /admin/reload
void show_usage(Call& call);        // GET /admin/usage
void reset_usage(Call& call);       // DELETE /admin/usage/<model>/<provider>

}  // namespace aigw::api
