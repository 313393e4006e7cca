#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

#include "api/audit.h"
#include "api/counter_json.h"
#include "api/endpoints.h"
#include "api/json_body.h"
#include "api/json_reply.h"
#include "api/key_json.h"
#include "api/refusal.h"
#include "base/money.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "config/document.h"
#include "config/readers.h"
#include "http/query.h"

namespace aigw::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTransactionsUsual = 100;
constexpr std::size_t kTransactionsMax = 10'000;
constexpr std::size_t kNoteBytesMax = 500;

Json balance_json(const usage::Wallets& wallets, const std::string& owner) {
  const auto balance = wallets.balance(owner);
  return balance ? Json(to_dollars(*balance)) : Json(nullptr);
}

// Names of keys, by owner.
std::map<std::string, Json> keys_by_owner(const gateway::Callers& callers) {
  std::map<std::string, Json> keys;
  for (const config::Key* const key : callers.keys()) {
    if (!key->owner.empty()) keys[key->owner].push_back(key->name);
  }
  return keys;
}

Json owner_json(Call& call, const std::string& name, const std::map<std::string, Json>& keys_of) {
  const Now now = read_clocks();
  const auto account = call.callers->owner(name);
  const usage::CounterState state = account->meter->state(now.wall);
  const auto keys = keys_of.find(name);
  return {{"name", name},
          {"balance", balance_json(call.gateway.counters().wallets(), name)},
          {"prepaid", account->terms.prepaid},
          {"markup", static_cast<double>(account->terms.markup_ppm) / 1e6},
          {"keys", keys == keys_of.end() ? Json::array() : keys->second},
          {"usage", use_json(state)},
          {"budget_left", quota_json(state, now.wall)},
          {"rates", rates_json(*account->meter, now.steady)}};
}

bool knows(const Call& call, std::string_view owner) {
  const std::vector<std::string> owners = call.callers->owners();
  return std::binary_search(owners.begin(), owners.end(), owner);
}

// An amount exactly as it is written, so that 0.1 is a tenth.
Result<NanoDollars> read_amount(const std::string& body) {
  const config::Document document = config::parse_document(body);
  const auto* const object = std::get_if<config::Node::Object>(&document.root.value);
  for (const config::Member& member : object != nullptr ? *object : config::Node::Object()) {
    if (member.name != "amount") continue;
    const auto* const text = std::get_if<std::string>(&member.value.value);
    const Result<NanoDollars> amount = parse_dollars(text != nullptr ? *text : member.value.number);
    if (!amount) return invalid("amount: expected " + amount.error().detail);
    if (*amount == 0) return invalid("amount: expected something else than 0");
    return amount;
  }
  return invalid("\"amount\" is required: US dollars, like 5 or 0.50.");
}

Json transaction_json(const usage::LedgerLine& line) {
  const bool is_credit = line.kind == usage::LedgerLine::Kind::Credit;
  Json json = {{"time", format_timestamp(line.time)},
               {"kind", is_credit ? "credit" : "debit"},
               {"amount", to_dollars(line.amount)},
               {"balance", to_dollars(line.balance)}};
  if (is_credit) {
    json["note"] = line.note;
    json["by"] = line.by;
  } else {
    json["key"] = line.key;
    json["requests"] = line.requests;
  }
  return json;
}

Result<std::size_t> read_limit(std::string_view query) {
  std::size_t limit = kTransactionsUsual;
  for (const http::QueryParameter& parameter : http::parse_query(query)) {
    const auto number = parameter.name == "limit" ? parse_uint(parameter.value) : std::nullopt;
    if (!number || *number == 0 || *number > kTransactionsMax) {
      return invalid("Only limit may be given, from 1 to " + std::to_string(kTransactionsMax) + ".");
    }
    limit = static_cast<std::size_t>(*number);
  }
  return limit;
}

void refuse_unknown(Call& call) {
  refuse(call, 404, "There is no owner '" + shorten(call.rest, 100) + "'. GET /admin/owners lists those there are.");
}

}  // namespace

void list_owners(Call& call) {
  Json owners = Json::array();
  const std::map<std::string, Json> keys = keys_by_owner(*call.callers);
  for (const std::string& name : call.callers->owners()) owners.push_back(owner_json(call, name, keys));
  call.client.reply(json_reply(200, {{"owners", std::move(owners)}}));
}

void show_owner(Call& call) {
  if (!knows(call, call.rest)) return refuse_unknown(call);
  call.client.reply(json_reply(200, owner_json(call, std::string(call.rest), keys_by_owner(*call.callers))));
}

void credit_owner(Call& call) {
  const std::string owner(call.rest);
  if (const auto fault = config::own_name_fault(owner)) return refuse(call, invalid("owner: " + *fault));
  const Result<Json> body = read_json_body(call);
  if (!body) return refuse(call, body.error());
  for (const auto& [name, value] : body->items()) {
    if (name == "amount" || (name == "note" && value.is_string())) continue;
    return refuse(call, invalid("Only \"amount\", in US dollars, and \"note\", a text, may be given."));
  }
  const std::string note = shorten(body->value("note", ""), kNoteBytesMax);
  const Result<NanoDollars> amount = read_amount(call.request.body);
  if (!amount) return refuse(call, amount.error());
  usage::Wallets& wallets = call.gateway.counters().wallets();
  const Json before = balance_json(wallets, owner);
  const Result<NanoDollars> balance = wallets.credit(owner, *amount, note, call.caller.who(), wall_now());
  if (!balance) return refuse(call, balance.error());
  audit(call, "owner.credit", owner, {{"balance", before}},
        {{"balance", to_dollars(*balance)}, {"amount", to_dollars(*amount)}, {"note", note}});
  call.client.reply(
      json_reply(200, {{"owner", owner}, {"amount", to_dollars(*amount)}, {"balance", to_dollars(*balance)}}));
}

void list_transactions(Call& call) {
  if (!knows(call, call.rest)) return refuse_unknown(call);
  const Result<std::size_t> limit = read_limit(call.request.query);
  if (!limit) return refuse(call, limit.error());
  const usage::Wallets& wallets = call.gateway.counters().wallets();
  const auto lines = wallets.transactions(call.rest, *limit);
  if (!lines) return refuse(call, lines.error());
  Json transactions = Json::array();
  for (const usage::LedgerLine& line : *lines) transactions.push_back(transaction_json(line));
  call.client.reply(json_reply(200, {{"owner", call.rest},
                                     {"balance", balance_json(wallets, std::string(call.rest))},
                                     {"transactions", std::move(transactions)}}));
}

}  // namespace aigw::api
