#include "protocol/responses/joiner.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_box.h"
#include "protocol/json_read.h"
#include "protocol/provider_error.h"
#include "protocol/responses/events.h"
#include "protocol/responses/streamed_items.h"

namespace aigw::protocol::responses {
namespace {

class ResponseJoiner : public Joiner {
 public:
  Status add(std::string_view name, std::string_view data) override;
  Result<std::string> finish() override;

 private:
  StreamedItems items_;
  JsonBox response_;  // of the last event
};

Status ResponseJoiner::add(std::string_view name, std::string_view data) {
  data = trim(data);
  if (response_ || data == "[DONE]") return Done{};
  const Result<Json> event = parse_object(data);
  if (!event) return event.error();
  const std::string_view type = event_type(name, *event);
  if (is_failure(type, *event)) {
    return Error{ErrorKind::Garbled, "the stream carries an error: " + read_error(0, data).message};
  }
  if (!is_last(type)) {
    items_.take(type, *event);
    return Done{};
  }
  const Json& response = members_of(*event, "response");
  if (response.empty()) return Error{ErrorKind::Garbled, "the last event has no response"};
  response_ = response;
  return Done{};
}

Result<std::string> ResponseJoiner::finish() {
  if (!response_) return Error{ErrorKind::Broken, "the stream ended before the answer was complete"};
  if (items_of(*response_, "output").empty()) (*response_)["output"] = std::move(items_).take_output();
  return dump(*response_);
}

}  // namespace

std::unique_ptr<Joiner> joiner() { return std::make_unique<ResponseJoiner>(); }

}  // namespace aigw::protocol::responses
