#include <nlohmann/json.hpp>

#include <array>
#include <set>
#include <string>
#include <string_view>

#include "api/audit.h"
#include "api/endpoints.h"
#include "api/json_reply.h"
#include "api/key_json.h"
#include "api/refusal.h"
#include "base/text.h"
#include "config/loader.h"
#include "config/masked_text.h"
#include "observe/log.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;
using Outcome = config::Saved::Outcome;

constexpr std::array kChanges = {&config::Changes::added, &config::Changes::removed, &config::Changes::changed};

// What a config says of the names that a reload has changed: of keys and owners their settings, of the rest that it is
// there.
Json terms_json(const config::Config& config, const config::Changes& changes) {
  std::set<std::string_view> changed;  // of 10,000 keys many may be
  for (const auto list : kChanges) changed.insert((changes.*list).begin(), (changes.*list).end());
  Json json = Json::object();
  const auto tell = [&](const std::string& name, const auto& settings) {
    if (changed.count(name) != 0) json[name] = settings();
  };
  const auto present = [] { return "present"; };
  tell("_global", present);
  for (const config::Key& key : config.keys) tell("_keys/" + key.name, [&] { return settings_json(key); });
  for (const config::Owner& owner : config.owners) {
    tell("_owners/" + owner.name, [&] { return settings_json(owner); });
  }
  for (const config::Route& route : config.routes) {
    tell(route.model, present);
    for (const config::Provider& provider : route.providers) tell(route.model + "/" + provider.name, present);
  }
  return json;
}

Json problem_json(const config::Problem& problem) {
  return {{"path", problem.path},
          {"message", problem.message},
          {"line", problem.place ? Json(problem.place->line) : Json(nullptr)},
          {"column", problem.place ? Json(problem.place->column) : Json(nullptr)}};
}

Json changes_json(const config::Changes& changes) {
  return {{"added", changes.added},
          {"removed", changes.removed},
          {"changed", changes.changed},
          {"needs_restart", changes.needs_restart}};
}

void answer_problems(Call& call, std::string message, const std::vector<config::Problem>& found) {
  Json problems = Json::array();
  for (const config::Problem& problem : found) {
    problems.push_back(problem_json(problem));
    message += "\n" + problem.text();
  }
  call.client.reply(json_reply(400, {{"error",
                                      {{"message", message},
                                       {"type", "invalid_request_error"},
                                       {"param", nullptr},
                                       {"code", "invalid_config"},
                                       {"problems", problems}}}}));
}

// What is in force now, in place of `before`.
void answer_reloaded(Call& call, std::string_view action, const config::Config& before, const config::Reload& reload,
                     const std::string& digest) {
  audit(call, action, "provider.json", terms_json(before, reload.changes),
        terms_json(call.gateway.routes()->config(), reload.changes));
  Json json = {{"status", "reloaded"}};
  json.update(changes_json(reload.changes));
  json["warnings"] = reload.warnings;
  if (!digest.empty()) json["digest"] = digest;
  call.client.reply(json_reply(200, json));
}

// The edited text, or an answer and false.
bool has_text(Call& call) {
  const Status read = call.request.read_body(config::kFileBytesMax);
  if (!read) refuse(call, read.error());
  return read.has_value();
}

// The digest in `If-Match` (RFC 9110 §13.1.1), with or without its quotes.
std::string_view wanted_digest(const http::Headers& headers) {
  std::string_view digest = trim(headers.get("If-Match"));
  if (digest.size() >= 2 && starts_with(digest, "\"") && ends_with(digest, "\"")) {
    digest = digest.substr(1, digest.size() - 2);
  }
  return digest;
}

}  // namespace

void reload(Call& call) {
  const auto before = call.gateway.routes();
  const config::Reload reload = call.gateway.reload();
  if (reload.done()) return answer_reloaded(call, "config.reload", before->config(), reload, "");
  answer_problems(call, "The new configuration has problems; the old one stays in force:", reload.problems);
}

void show_config(Call& call) {
  const Result<config::ConfigFile> file = call.gateway.config_file();
  if (!file) return refuse(call, file.error());
  http::Reply reply =
      json_reply(200, {{"file", call.gateway.config_path()},
                       {"text", config::masked_text(file->text)},
                       {"digest", file->digest},
                       {"writable", file->writable},
                       {"allow_config_write", call.gateway.routes()->config().global.allow_config_write}});
  reply.headers.add("ETag", "\"" + file->digest + "\"");
  reply.headers.add("Cache-Control", "no-store");
  call.client.reply(reply);
}

void check_config(Call& call) {
  if (!has_text(call)) return;
  const config::Reload reload = call.gateway.check_config(call.request.body);
  if (!reload.done()) return answer_problems(call, "This configuration has problems:", reload.problems);
  call.client.reply(json_reply(
      200, {{"ok", true}, {"warnings", reload.warnings}, {"changes", changes_json(reload.changes)}}));
}

void save_config(Call& call) {
  const auto before = call.gateway.routes();
  if (!before->config().global.allow_config_write) {
    return refuse(call, 403, "The configuration may not be changed here: set _global.allow_config_write in its file.");
  }
  const std::string_view digest = wanted_digest(call.request.headers);
  if (digest.empty()) return refuse(call, 428, "If-Match with the digest that GET /admin/config gave is required.");
  if (!has_text(call)) return;
  const config::Saved saved = call.gateway.save_config(call.request.body, digest);
  switch (saved.outcome) {
    case Outcome::Done:
      return answer_reloaded(call, "config.save", before->config(), saved.reload, saved.digest);
    case Outcome::Problems:
      return answer_problems(call, "The configuration was not saved; it has problems:", saved.reload.problems);
    case Outcome::Changed:
      return refuse(call, 412, "The file has changed since it was read. Read it again, and edit that.");
    case Outcome::ReadOnly:
      return refuse(call, 409, call.gateway.config_path() + " can't be written by the gateway.");
    case Outcome::Failed: break;
  }
  observe::log(observe::Level::Error, "Config not saved", {{"id", call.id}, {"reason", saved.reason}});
  refuse(call, 500, "The configuration was not saved: " + saved.reason);
}

}  // namespace aigw::api
