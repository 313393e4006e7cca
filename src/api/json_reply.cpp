#include "api/json_reply.h"

#include <nlohmann/json.hpp>

namespace aigw::api {

http::Reply json_reply(int status, const nlohmann::ordered_json& body) {
  return {status,
          {{"Content-Type", "application/json"}},
          body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"};
}

}  // namespace aigw::api
