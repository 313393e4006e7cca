#include <nlohmann/json.hpp>

#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/refusal.h"
#include "api/story_json.h"
#include "api/story_query.h"
#include "base/text.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

void list_requests(Call& call) {
  const Result<StoryQuery> query = parse_story_query(call.request.query);
  if (!query) return refuse(call, query.error());
  const observe::StoryBook& recent = call.gateway.telemetry().recent();
  Json requests = Json::array();
  std::size_t kept = 0;
  recent.newest_first([&](const observe::StoryBook::Told& story) {
    ++kept;
    if (requests.size() < query->limit && query->fits(*story)) requests.push_back(summary_json(*story));
    return true;
  });
  call.client.reply(json_reply(200, {{"requests", requests}, {"kept", kept}}));
}

void show_request(Call& call) {
  const auto story = call.gateway.telemetry().recent().find(call.rest);
  if (story != nullptr) return call.client.reply(json_reply(200, story_json(*story)));
  refuse(call, 404, "There is no request '" + shorten(escape_control(call.rest), 100) +
                        "' among the last ones (_global.requests_kept, requests_kept_mb).");
}

}  // namespace aigw::api
