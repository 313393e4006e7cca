#include "api/refusal.h"

#include <utility>

#include "base/text.h"

namespace aigw::api {

void refuse(Call& call, const gateway::Refusal& refusal) {
  call.client.reply(gateway::to_reply(refusal, call.dialect, call.id));
}

void refuse(Call& call, const Error& error) { refuse(call, gateway::refuse(error)); }

void refuse(Call& call, int status, std::string message, const http::Headers& headers) {
  http::Reply reply = gateway::to_reply(gateway::refuse(status, std::move(message)), call.dialect, call.id);
  for (const auto& [name, value] : headers) reply.headers.add(name, value);
  call.client.reply(reply);
}

void refuse_path(Call& call) {
  refuse(call, 404,
         "There is nothing at " + shorten(escape_control(call.request.path), 200) +
             ". There are POST /v1/chat/completions, /v1/messages, /v1/responses and their kin, GET /v1/models, GET "
             "/health, GET /dashboard, GET /admin/stats, GET /admin/providers/<model>, GET /admin/usage, GET "
             "/admin/keys and GET /admin/owners.");
}

}  // namespace aigw::api
