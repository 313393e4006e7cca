#include <nlohmann/json.hpp>

#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/refusal.h"
#include "api/usage_query.h"
#include "base/money.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "observe/log.h"
#include "usage/report.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;
using usage::GroupBy;
using usage::ReportRow;
using usage::Sum;

// Nothing: null, or an empty field.
using Value = std::optional<std::int64_t>;

// What a report says of each sum beside its cost, in JSON and in CSV.
struct Column {
  const char* name;
  Value (*value)(const Sum& sum);
};

constexpr Column kColumns[] = {
    {"requests", [](const Sum& sum) { return Value(sum.used.requests); }},
    {"tokens", [](const Sum& sum) { return Value(sum.used.tokens()); }},
    {"prompt_tokens", [](const Sum& sum) { return Value(sum.used.prompt_tokens); }},
    {"completion_tokens", [](const Sum& sum) { return Value(sum.used.completion_tokens); }},
    {"estimated_tokens", [](const Sum& sum) { return Value(sum.used.estimated_tokens); }},
    {"errors", [](const Sum& sum) { return Value(sum.used.errors); }},
    {"duration_ms", [](const Sum& sum) { return Value(sum.duration.count()); }},
    {"average_duration_ms",
     [](const Sum& sum) {
       const auto average = sum.average_duration();
       return average ? Value(average->count()) : std::nullopt;
     }},
    {"cached_tokens", [](const Sum& sum) { return Value(sum.used.cached_tokens); }},
    {"unpriced_requests", [](const Sum& sum) { return Value(sum.used.unpriced_requests); }},
};

constexpr const char* kCost = "cost";  // in US dollars

// ---- JSON -----------------------------------------------------------------------------------------

void add_columns(Json& json, const Sum& sum) {
  for (const Column& column : kColumns) {
    const Value value = column.value(sum);
    json[column.name] = value ? Json(*value) : Json(nullptr);
  }
  json[kCost] = to_dollars(sum.used.cost);
}

http::Reply to_json(const UsageQuery& query, const std::vector<ReportRow>& rows, const Sum& total,
                    std::int64_t unreadable_lines) {
  Json json = {{"from", format_local_time(query.from)},
               {"to", format_local_time(query.to)},
               {"group_by", Json::array()},
               {"rows", Json::array()},
               {"total", Json::object()},
               {"unreadable_lines", unreadable_lines}};
  for (const GroupBy group : query.group_by) json["group_by"].push_back(to_string(group));
  for (const ReportRow& row : rows) {
    Json& shown = json["rows"].emplace_back(Json::object());
    for (std::size_t i = 0; i < query.group_by.size(); ++i) shown[to_string(query.group_by[i])] = row.group[i];
    add_columns(shown, row.sum);
  }
  add_columns(json["total"], total);
  return json_reply(200, json);
}

// ---- CSV (RFC 4180: fields in quotes where need be, lines end with CR LF) ---------------------------

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

void add_line(std::string& csv, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) csv += ',';
    csv += csv_field(fields[i]);
  }
  csv += "\r\n";
}

// Of the days that are in it, as far as the name of a file needs it.
std::string csv_name(const UsageQuery& query) {
  const auto day = [](WallTime time) { return format_local_time(time).substr(0, 10); };
  return "usage_" + day(query.from) + "_" + day(query.to - WallTime::duration{1}) + ".csv";
}

http::Reply to_csv(const UsageQuery& query, const std::vector<ReportRow>& rows) {
  std::string csv;
  std::vector<std::string> fields;
  for (const GroupBy group : query.group_by) fields.emplace_back(to_string(group));
  for (const Column& column : kColumns) fields.emplace_back(column.name);
  fields.emplace_back(kCost);
  add_line(csv, fields);
  for (const ReportRow& row : rows) {
    fields = row.group;
    for (const Column& column : kColumns) {
      const Value value = column.value(row.sum);
      fields.push_back(value ? std::to_string(*value) : "");
    }
    fields.push_back(format_dollars(row.sum.used.cost));
    add_line(csv, fields);
  }
  return {200,
          {{"Content-Type", "text/csv; charset=utf-8"},
           {"Content-Disposition", "attachment; filename=\"" + csv_name(query) + "\""}},
          std::move(csv)};
}

}  // namespace

void show_usage(Call& call) {
  const auto query = parse_usage_query(call.request.query, wall_now());
  if (!query) return refuse(call, query.error());

  usage::Report report(query->group_by);
  const auto unreadable = call.gateway.counters().read_history(
      query->from, query->to, [&](const usage::HistoryRow& row) { report.add(row); });
  if (!unreadable) {
    observe::log(observe::Level::Warning, "Usage data", {{"message", unreadable.error().detail}});
    return refuse(call, unreadable.error());
  }
  const auto rows = report.rows();
  if (!rows) return refuse(call, rows.error());

  const bool csv = query->format == UsageQuery::Format::Csv;
  call.client.reply(csv ? to_csv(*query, *rows) : to_json(*query, *rows, report.total(), *unreadable));
}

}  // namespace aigw::api
