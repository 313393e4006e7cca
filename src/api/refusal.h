// Refusals by the gateway's own endpoints.
#pragma once

#include <string>

#include "api/call.h"
#include "gateway/errors.h"

namespace aigw::api {

// In the dialect of the call, with its id.
void refuse(Call& call, const gateway::Refusal& refusal);
void refuse(Call& call, const Error& error);
void refuse(Call& call, int status, std::string message, const http::Headers& headers = {});

// 404: nothing is at the path of the request.
void refuse_path(Call& call);

}  // namespace aigw::api
