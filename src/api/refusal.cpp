#include "api/refusal.h"

#include <utility>

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

}  // namespace aigw::api
