#include "gateway/asked.h"

namespace aigw::gateway {

const std::variant<protocol::DecodedRequest, protocol::Rejection>& Asked::decoded() const {
  if (!decoded_) decoded_ = protocol::decode_request(dialect(), request->body, settings.strict_params);
  return *decoded_;
}

}  // namespace aigw::gateway
