#include "api/feed.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "api/overview.h"
#include "api/story_json.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

// A frame of many models comes less often, so that a hundred who watch don't fill the line.
constexpr Millis kPeriodMin{1'000};
constexpr Millis kPeriodMax{4'000};
constexpr std::size_t kBytesASecond = 32 * 1024;  // to each of them

constexpr std::size_t kRequestsMax = 50;  // in one frame: the newest

std::string compact(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string event(const char* name, const std::string& data) {
  return std::string("event: ") + name + "\ndata: " + data + "\n\n";
}

}  // namespace

std::shared_ptr<const Feed::Frame> Feed::current(SteadyTime now) {
  const std::lock_guard<std::mutex> lock(building_);
  if (frame_ == nullptr || now >= frame_->until) frame_ = std::make_shared<const Frame>(build(now));
  return frame_;
}

std::optional<gateway::Place> Feed::enter() { return gateway::Place::take(watchers_, kWatchersMax); }

Feed::Frame Feed::build(SteadyTime now) {
  Frame frame;
  frame.number = frame_ == nullptr ? 1 : frame_->number + 1;
  Json overview = {{"seq", frame.number}};
  overview.update(overview_json(gateway_, watchers_));
  frame.overview = compact(overview);
  frame.events = event("overview", frame.overview);
  Json requests = Json::array();
  for (const auto& story : gateway_.telemetry().recent().since(told_, kRequestsMax)) {
    requests.push_back(summary_json(*story));
  }
  if (!requests.empty()) frame.events += event("requests", compact({{"requests", std::move(requests)}}));
  const auto pace = Millis(1'000 * frame.events.size() / kBytesASecond);
  frame.until = now + std::clamp(pace, kPeriodMin, kPeriodMax);
  return frame;
}

}  // namespace aigw::api
