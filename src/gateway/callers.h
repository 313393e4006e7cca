// Everybody who may call, ready to be recognised: the keys of the config and those made at run time, the tokens of an
// identity provider, and what the use of each is held against.
//
// Immutable but for the owners who came by a token, which look after themselves; an exchange keeps the one it began
// with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "auth/jwt.h"
#include "auth/key_ring.h"
#include "auth/sessions.h"
#include "auth/token_key_source.h"
#include "base/address.h"
#include "base/guarded.h"
#include "config/config.h"
#include "gateway/errors.h"
#include "http/message.h"
#include "usage/counters.h"

namespace aigw::gateway {

// Who sends a request.
struct Caller {
  std::string key = "-";                // the key's name: `api_key`, `admin_key`, `jwt`; `-` for nobody in particular
  std::string owner;                    // "" if the key is nobody's
  config::Role role = config::Role::User;
  config::ModelRules models;
  bool may_choose_strategy = true;
  const config::Key* terms = nullptr;   // of the key; null for those that have none
  const config::Owner* owner_terms = nullptr;  // null without an owner
  std::shared_ptr<const void> kept;     // what the terms are part of, where the snapshot does not keep them
  std::shared_ptr<usage::Meter> meter;  // never null
  bool pays = false;  // it has a budget in money, or a balance: what has no price can't be had

  bool is_anonymous() const { return key == "-"; }
  // Who has changed something. Tokens have one name in common: whose it was stands behind it, `jwt:ada`.
  std::string who() const { return terms == nullptr && !owner.empty() ? key + ":" + owner : key; }
};

class Callers {
 public:
  // `run_time_keys` with the name or the secret of one in the config are left out. `tokens`: null without
  // `_global.jwt`. `counters` outlives this object, and so does `sessions`; null: nobody is logged in.
  Callers(config::Snapshot config, std::vector<config::Key> run_time_keys,
          std::shared_ptr<auth::TokenKeySource> tokens, usage::Counters& counters,
          auth::Sessions* sessions = nullptr);

  // Who sent a request, or why nobody may: 401 without a good key or token where one is needed, 403 from a wrong address,
  // 503 while tokens can't be checked. Where no key is needed, whoever sends none that is known is nobody in particular.
  // `is_anthropic`: in which order the places for a credential are looked at (access.h). `trusted`:
  // proxies (access.h).
  //
  // A request without a credential is of whoever is logged in by its cookie, as long as that one's key is good for
  // /admin; 403 for one that a foreign page may have made.
  std::variant<Caller, Refusal> identify(const http::Request& request, bool is_anthropic,
                                         const std::vector<IpBlock>& trusted) const;

  // The same for a credential that came in another way, with the holder of a session for it.
  struct Entrant {
    Caller caller;
    auth::Sessions::Holder holder;
  };
  std::variant<Entrant, Refusal> enter(std::string_view credential, const http::Request& request,
                                       const std::vector<IpBlock>& trusted) const;

  // Whether the models take a key: there is an `api_key`, a key of a name, or an identity provider. The `admin_key` alone
  // guards nothing but /admin.
  bool needs_key() const { return needs_key_; }
  // Whether /admin takes one. Where it does not, nobody has set any, and anybody may do anything.
  bool guards_admin() const { return tokens_ != nullptr || !ring_.keys().empty(); }

  // A key by its name as a caller, whatever it is allowed now; nothing if there is none. For /admin.
  const config::Key* find_key(std::string_view name) const;
  std::shared_ptr<usage::Meter> meter_of(const config::Key& key) const;
  // All keys but `api_key` and `admin_key`, in the order of the config, then of their making.
  std::vector<const config::Key*> keys() const;
  bool is_of_config(const config::Key& key) const;

  // An owner, and what all of its keys are held against together.
  struct OwnerAccount {
    config::Owner terms;  // what `_owners` says of it, itself or by its `*`
    std::shared_ptr<usage::Meter> meter;
  };
  std::shared_ptr<const OwnerAccount> owner(const std::string& name) const;
  // Every owner that the config or a key names, that has a balance, or that something was counted for; sorted.
  std::vector<std::string> owners() const;

 private:
  config::Owner terms_of(const std::string& owner) const;

  std::variant<Caller, Refusal> by_credential(std::string_view credential, const http::Request& request,
                                              const std::vector<IpBlock>& trusted) const;
  std::optional<std::variant<Caller, Refusal>> by_session(const http::Request& request,
                                                          const std::vector<IpBlock>& trusted) const;
  std::variant<Caller, Refusal> by_key(std::size_t index, const http::Request& request,
                                       const std::vector<IpBlock>& trusted) const;
  std::variant<Caller, Refusal> by_token(std::string_view token) const;
  bool pays(const config::Key* key, const config::Owner* owner) const;

  const config::Snapshot config_;
  const std::shared_ptr<auth::TokenKeySource> tokens_;
  usage::Counters& counters_;
  auth::Sessions* const sessions_;
  const auth::KeyRing ring_;
  const bool needs_key_;
  std::size_t simple_keys_ = 0;  // of `_global`, at the beginning of the ring
  std::map<std::string, config::Owner> owners_;       // as `_owners` has them
  std::map<std::string, config::Owner> owner_terms_;  // of the keys' owners
  // As ring_.keys().
  std::vector<std::vector<IpBlock>> allowed_ips_;
  std::vector<std::shared_ptr<usage::Meter>> meters_;
  std::shared_ptr<usage::Meter> anybody_;
  mutable Guarded<std::map<std::string, std::shared_ptr<const OwnerAccount>>> accounts_;  // made when asked for
};

// The refusal of a request whose credential is none of the gateway's; empty: there was none.
Refusal no_such_key(std::string_view credential);

}  // namespace aigw::gateway
