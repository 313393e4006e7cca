#include <nlohmann/json.hpp>

#include "api/audit.h"
#include "api/endpoints.h"
#include "api/json_body.h"
#include "api/json_reply.h"
#include "api/key_json.h"
#include "api/refusal.h"
#include "base/text.h"
#include "config/document.h"
#include "observe/log.h"
#include "usage/names.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;
using Change = auth::KeyStore::Change;

constexpr Millis kUsualGrace = std::chrono::hours{24};
constexpr Millis kGraceMax = std::chrono::hours{24 * 365};

void refuse_unknown(Call& call, std::string_view name) {
  refuse(call, 404, "There is no key '" + shorten(name, 100) + "'. GET /admin/keys lists those there are.");
}

// Answers for a key that can't be changed here; false if it can.
bool is_fixed(Call& call, std::string_view name) {
  const config::Key* const key = call.callers->find_key(name);
  if (key == nullptr) {
    refuse_unknown(call, name);
    return true;
  }
  if (!call.callers->is_of_config(*key)) return false;
  refuse(call, 409,
         "The key '" + key->name + "' stands in the configuration file: change it there (_keys), then POST "
         "/admin/reload.");
  return true;
}

// Shows the key as it is now, with its secret if there is a new one.
void answer(Call& call, int status, const Change& change) {
  const auto callers = call.gateway.callers();
  const config::Key* const key = callers->find_key(change.after.name);
  if (key == nullptr) return refuse_unknown(call, change.after.name);  // somebody has deleted it meanwhile
  call.client.reply(json_reply(status, key_json(*callers, *key, read_clocks(), change.secret)));
}

// The settings in a body, numbers as they are written. Precondition: it is a JSON object.
std::string without_name(const std::string& body) {
  config::Document document = config::parse_document(body);
  std::erase_if(std::get<config::Node::Object>(document.root.value),
                [](const config::Member& member) { return member.name == "name"; });
  return config::json_of(document.root);
}

// What an earlier key of that name has used is not the new one's.
void begin_anew(Call& call, const std::string& name) {
  usage::Counters& counters = call.gateway.counters();
  if (counters.meter(std::string(usage::kKeys), name)->state(wall_now()).total == usage::Counts()) return;
  const Result<usage::Counts> before = counters.reset(std::string(usage::kKeys), name, wall_now());
  if (!before) observe::log(observe::Level::Error, "Counters not saved", {{"reason", before.error().detail}});
}

}  // namespace

void list_keys(Call& call) {
  Json keys = Json::array();
  for (const config::Key* const key : call.callers->keys()) keys.push_back(key_json(*call.callers, *key, read_clocks()));
  call.client.reply(json_reply(200, {{"keys", std::move(keys)}}));
}

void show_key(Call& call) {
  const config::Key* const key = call.callers->find_key(call.rest);
  if (key == nullptr) return refuse_unknown(call, call.rest);
  call.client.reply(json_reply(200, key_json(*call.callers, *key, read_clocks())));
}

void create_key(Call& call) {
  const Result<Json> body = read_json_body(call);
  if (!body) return refuse(call, body.error());
  const auto name = body->find("name");
  if (name == body->end() || !name->is_string()) {
    return refuse(call, invalid("\"name\" is required: a text like \"laptop\"."));
  }
  const std::string wanted = name->get<std::string>();
  const auto created = call.gateway.change_keys(
      [&](auth::KeyStore& store) { return store.create(wanted, without_name(call.request.body), wall_now()); });
  if (!created) return refuse(call, created.error());
  audit(call, "key.create", wanted, nullptr, settings_json(created->after));
  begin_anew(call, wanted);
  answer(call, 201, *created);
}

void change_key(Call& call) {
  if (is_fixed(call, call.rest)) return;
  const Result<Json> patch = read_json_body(call);
  if (!patch) return refuse(call, patch.error());
  const auto changed = call.gateway.change_keys(
      [&](auth::KeyStore& store) { return store.change(call.rest, call.request.body); });
  if (!changed) return refuse(call, changed.error());
  audit(call, "key.change", call.rest, settings_json(changed->before), settings_json(changed->after));
  answer(call, 200, *changed);
}

void rotate_key(Call& call) {
  if (is_fixed(call, call.rest)) return;
  const Result<Json> body = read_json_body(call);
  if (!body) return refuse(call, body.error());
  Millis grace = kUsualGrace;
  for (const auto& [name, value] : body->items()) {
    const double seconds = value.is_number() ? value.get<double>() : -1;
    if (name != "grace" || seconds < 0 || seconds > seconds_of(kGraceMax)) {
      return refuse(call, invalid("Only \"grace\" may be given: the seconds for which the old secret stays good, 0 to " +
                                  std::to_string(kGraceMax.count() / 1000) + "."));
    }
    grace = std::chrono::duration_cast<Millis>(std::chrono::duration<double>(seconds));
  }
  const auto rotated = call.gateway.change_keys(
      [&](auth::KeyStore& store) { return store.rotate(call.rest, grace, wall_now()); });
  if (!rotated) return refuse(call, rotated.error());
  audit(call, "key.rotate", call.rest, nullptr, {{"grace_seconds", seconds_of(grace)}});
  answer(call, 200, *rotated);
}

void delete_key(Call& call) {
  if (is_fixed(call, call.rest)) return;
  const auto removed = call.gateway.change_keys(
      [&](auth::KeyStore& store) { return store.remove(call.rest); });
  if (!removed) return refuse(call, removed.error());
  audit(call, "key.delete", call.rest, settings_json(removed->before), nullptr);
  call.client.reply(json_reply(200, {{"status", "deleted"}, {"name", call.rest}}));
}

}  // namespace aigw::api
