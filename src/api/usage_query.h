// What a request to GET /admin/usage asks for, read from its query.
//
// Plain values and a pure function (of the zone of TZ, too).
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "usage/report.h"

namespace aigw::api {

struct UsageQuery {
  enum class Format { Json, Csv };

  WallTime from;  // inclusive, like hours and days in the report: where an hour began is what counts
  WallTime to;    // exclusive; after `from`
  std::vector<usage::GroupBy> group_by = {usage::GroupBy::Model};  // at least one, each once
  Format format = Format::Json;
};

// `from` and `to` are a local day (`2026-11-01`; as `to` it is included), a local time (`2026-11-01T14:00:00`), a time
// with its offset (`…+01:00`, `…Z`), or unix seconds. Without `to` it is `now`; without `from` the seven days that end
// with the one in which the last moment before `to` lies. Errors Invalid, with a sentence for the client: unknown or
// repeated parameters, other values, a `from` that is not before `to`.
Result<UsageQuery> parse_usage_query(std::string_view query, WallTime now);

}  // namespace aigw::api
