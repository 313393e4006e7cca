#include "observe/exchange_log.h"

#include <string>

#include "base/clock.h"
#include "base/money.h"
#include "base/text.h"
#include "observe/log.h"

namespace aigw::observe {
namespace {

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

// FNV-1a (draft-eastlake-fnv §2.2), then mixed as MurmurHash3 ends: of ids that count up it alone is not even.
std::uint32_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
  hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

void log_exchange(const Story& story, const config::Global& config) {
  if (!story.failed() && !(config.log_requests && sampled(story.id, config.log_sample))) return;
  log(story.failed() ? Level::Error : Level::Info, "Exchange",
      {{"id", story.id},
       {"client", story.client},
       {"key", story.key},
       {"owner", or_dash(story.owner)},
       {"path", story.path},
       {"model", shorten(story.model, 100)},
       {"provider", or_dash(story.provider)},
       {"attempts", story.attempt_count},
       {"status", story.status},
       {"stream", story.stream},
       {"ttfb_ms", story.first_token_at ? millis_of(*story.first_token_at).count() : -1},
       {"total_ms", millis_of(story.ended).count()},
       {"bytes_in", story.bytes_in},
       {"bytes_out", story.bytes_out},
       {"tokens_in", story.prompt_tokens},
       {"tokens_out", story.completion_tokens},
       {"estimated", story.estimated},
       {"cost", story.priced ? format_dollars(story.cost) : "unknown"},
       {"dropped", story.dropped},
       {"error", story.error}});
}

bool sampled(std::string_view id, double share) {
  return share >= 1 || hash_of(id) < share * 4294967296.0;
}

}  // namespace aigw::observe
