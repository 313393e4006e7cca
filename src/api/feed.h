// What all who watch the gateway are told: a frame each second (each four, where it is large), built by the first of
// them who asks for it and shared by the others, so that a hundred dashboards cost about as much as one.
//
// Thread-safe. Its lock is met by watchers alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/gateway.h"
#include "observe/story_book.h"

namespace aigw::api {

class Feed {
 public:
  static constexpr int kWatchersMax = 128;  // each of them keeps a thread

  struct Frame {
    std::uint64_t number = 0;  // from 1 on, without gaps
    SteadyTime until;          // when the next one may be built
    std::string overview;      // JSON
    std::string events;        // as server-sent events: the overview, and the requests since the frame before
  };

  // `gateway` outlives this object.
  explicit Feed(gateway::Gateway& gateway) : gateway_(gateway) {}

  // The present one, or the next if its time has come.
  std::shared_ptr<const Frame> current(SteadyTime now);

  // A place among those who watch. Nothing: there are enough.
  std::optional<gateway::Place> enter();

 private:
  Frame build(SteadyTime now);

  gateway::Gateway& gateway_;
  std::atomic<int> watchers_{0};
  std::mutex building_;                  // guards what follows
  std::shared_ptr<const Frame> frame_;
  observe::StoryBook::Bookmark told_;    // the stories before it were in a frame
};

}  // namespace aigw::api
