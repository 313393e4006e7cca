#include "api/endpoints.h"
#include "gateway/exchange.h"

namespace aigw::api {

void infer(Call& call, const protocol::Endpoint& endpoint) {
  gateway::Exchange(call.gateway, endpoint, call.request, call.client, call.id, call.rest).run();
}

}  // namespace aigw::api
