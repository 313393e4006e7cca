#include "auth/jwt.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "auth/strict_json.h"
#include "base/digest.h"
#include "base/text.h"
#include "config/readers.h"

namespace aigw::auth {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTokenBytesMax = 16 * 1024;
constexpr double kTimeEnd = 253'402'300'800;  // the year 10000, in seconds since 1970

Error refused(std::string sentence) { return {ErrorKind::BadRequest, std::move(sentence)}; }

// ---- form -----------------------------------------------------------------------------------------

// Padding, blanks, the standard alphabet and bits behind the last byte all end in another spelling.
std::optional<std::string> from_base64url(std::string_view text) {
  std::optional<std::string> bytes = from_base64(text);
  if (!bytes || to_base64url(*bytes) != text) return std::nullopt;
  return bytes;
}

// A token taken apart, before anything of it is believed.
struct Form {
  Json header;
  std::string claims;            // JSON text
  std::string signature;         // raw
  std::string_view signed_part;  // of the token
};

Result<Form> read_form(std::string_view token) {
  if (std::count(token.begin(), token.end(), '.') != 2) {
    return refused("The token is no signed JWT: it must have three parts with dots between them.");
  }
  const std::vector<std::string_view> parts = split(token, '.');
  std::optional<std::string> header = from_base64url(parts[0]);
  std::optional<std::string> claims = from_base64url(parts[1]);
  std::optional<std::string> signature = from_base64url(parts[2]);
  if (!header || !claims || !signature) {
    return refused("The token is not whole: its parts must be base64url without padding.");
  }
  Result<Json> object = parse_strictly(*header);
  if (!object) return refused("The token's header can't be read: " + object.error().detail + ".");
  const std::string_view signed_part = token.substr(0, parts[0].size() + 1 + parts[1].size());
  return Form{std::move(*object), std::move(*claims), std::move(*signature), signed_part};
}

// The header's `kid`, "" if it has none, nothing if it is no text.
std::optional<std::string> key_id_in(const Json& header) {
  const Json* const id = member_of(header, "kid");
  if (id == nullptr) return "";
  if (!id->is_string()) return std::nullopt;
  return id->get_ref<const std::string&>();
}

// RFC 7518 §3.1: names are compared as they are, case and all.
std::optional<TokenAlgorithm> algorithm_in(const Json& header) {
  const Json* const name = member_of(header, "alg");
  if (name == nullptr || !name->is_string()) return std::nullopt;
  if (*name == "HS256") return TokenAlgorithm::HS256;
  if (*name == "RS256") return TokenAlgorithm::RS256;
  if (*name == "ES256") return TokenAlgorithm::ES256;
  return std::nullopt;
}

Status check_signature(const Form& form, const TokenKeys& keys) {
  if (member_of(form.header, "crit") != nullptr) return refused("The token has `crit`, which is not supported.");
  if (member_of(form.header, "b64") != nullptr) return refused("The token has `b64`, which is not supported.");
  const std::optional<TokenAlgorithm> algorithm = algorithm_in(form.header);
  if (!algorithm) return refused("The token must be signed with HS256, RS256 or ES256.");
  const std::optional<std::string> key_id = key_id_in(form.header);
  if (!key_id) return refused("The token's `kid` must be a text.");
  if (!keys.verify(*algorithm, *key_id, form.signed_part, form.signature)) {
    return refused("The token's signature is by no key that this gateway trusts.");
  }
  return Done{};
}

// ---- claims ---------------------------------------------------------------------------------------

Error missing(std::string_view name) { return refused("The token lacks the claim `" + std::string(name) + "`."); }

Error wrong(std::string_view name, std::string_view what) {
  return refused("The token's claim `" + std::string(name) + "` must be " + std::string(what) + ".");
}

// The longest part of the name that is a member's leads on, as names may have dots of their own.
const Json* find_claim(const Json& object, std::string_view name) {
  if (const Json* const whole = member_of(object, name)) return whole;
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    const Json* const inner = member_of(object, name.substr(0, dot));
    if (inner != nullptr) return find_claim(*inner, name.substr(dot + 1));
  }
  return nullptr;
}

// A list of texts, or one text alone; nothing for anything else.
std::optional<std::vector<std::string>> texts_in(const Json& value) {
  if (value.is_string()) return std::vector<std::string>{value.get<std::string>()};
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Json& item : value) {
    if (!item.is_string()) return std::nullopt;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Status check_parties(const Json& claims, const config::Jwt& rules) {
  const Json* const issuer = member_of(claims, "iss");
  if (issuer == nullptr) return missing("iss");
  if (!issuer->is_string()) return wrong("iss", "a text");
  if (issuer->get_ref<const std::string&>() != rules.issuer)
    return refused("The token is by another issuer than the one that this gateway trusts.");
  const Json* const audience = member_of(claims, "aud");
  if (audience == nullptr) return missing("aud");
  const auto audiences = texts_in(*audience);
  if (!audiences) return wrong("aud", "a text or a list of texts");
  if (!has(*audiences, rules.audience)) return refused("The token is for another audience than this gateway.");
  return Done{};
}

// Seconds since 1970 (NumericDate, RFC 7519 §2).
Result<double> time_in(const Json& claim, std::string_view name) {
  if (!claim.is_number()) return wrong(name, "a number");
  const double seconds = claim.get<double>();
  if (!(seconds >= 0 && seconds < kTimeEnd)) return wrong(name, "seconds since 1970");
  return seconds;
}

Status check_times(const Json& claims, Millis leeway, WallTime now) {
  const double seconds_now = seconds_of(now.time_since_epoch());
  const Json* const end = member_of(claims, "exp");
  if (end == nullptr) return missing("exp");
  const Result<double> expires = time_in(*end, "exp");
  if (!expires) return expires.error();
  if (seconds_now >= *expires + seconds_of(leeway)) return refused("The token has expired.");
  const Json* const begin = member_of(claims, "nbf");
  if (begin == nullptr) return Done{};
  const Result<double> good_from = time_in(*begin, "nbf");
  if (!good_from) return good_from.error();
  if (seconds_now < *good_from - seconds_of(leeway)) return refused("The token is not valid yet.");
  return Done{};
}

Result<std::string> owner_in(const Json& claims, const std::string& name) {
  const Json* const claim = find_claim(claims, name);
  if (claim == nullptr) return missing(name);
  const bool fits = claim->is_string() && !config::own_name_fault(claim->get_ref<const std::string&>());
  if (!fits) return wrong(name, "a name: 1 to 200 bytes without control characters, slashes and blanks around it");
  return claim->get<std::string>();
}

Result<config::Role> role_in(const Json& claims, const config::Jwt& rules) {
  const Json* const claim = rules.role_claim.empty() ? nullptr : find_claim(claims, rules.role_claim);
  if (claim == nullptr) return config::Role::User;
  const auto roles = texts_in(*claim);
  if (!roles) return wrong(rules.role_claim, "a text or a list of texts");
  const bool is_admin =
      std::any_of(roles->begin(), roles->end(), [&](const std::string& role) { return has(rules.admin_roles, role); });
  return is_admin ? config::Role::Admin : config::Role::User;
}

Result<config::ModelRules> models_in(const Json& claims, const std::string& name) {
  if (name.empty()) return config::ModelRules{};
  const config::ModelRules none{{"!*"}};
  const Json* const claim = find_claim(claims, name);
  if (claim == nullptr) return none;
  auto patterns = texts_in(*claim);
  if (!patterns) return wrong(name, "a list of model patterns, or a text with blanks between them");
  if (claim->is_string()) {
    const std::string text = std::move(patterns->front());
    patterns->clear();
    for (const std::string_view pattern : split(text, ' ')) {
      if (!pattern.empty()) patterns->emplace_back(pattern);
    }
  }
  // `!` alone would forbid nothing, and so allow everything.
  if (has(*patterns, "") || has(*patterns, "!")) return wrong(name, "a list without empty model patterns");
  if (patterns->empty()) return none;
  return config::ModelRules{std::move(*patterns)};
}

Result<Claims> claims_in(const Json& json, const config::Jwt& rules) {
  Result<std::string> owner = owner_in(json, rules.owner_claim);
  if (!owner) return owner.error();
  const Result<config::Role> role = role_in(json, rules);
  if (!role) return role.error();
  Result<config::ModelRules> models = models_in(json, rules.models_claim);
  if (!models) return models.error();
  return Claims{std::move(*owner), *role, std::move(*models)};
}

}  // namespace

bool looks_like_jwt(std::string_view credential) { return read_form(credential).has_value(); }

std::string key_id_of(std::string_view token) {
  const Result<Form> form = read_form(token);
  return form ? key_id_in(form->header).value_or("") : "";
}

Result<Claims> verify_jwt(std::string_view token, const config::Jwt& rules, const TokenKeys& keys, WallTime now) {
  if (token.size() > kTokenBytesMax) return refused("The token is larger than 16 KiB.");
  const Result<Form> form = read_form(token);
  if (!form) return form.error();
  if (const Status status = check_signature(*form, keys); !status) return status.error();
  const Result<Json> claims = parse_strictly(form->claims);
  if (!claims) return refused("The token's claims can't be read: " + claims.error().detail + ".");
  if (const Status status = check_parties(*claims, rules); !status) return status.error();
  if (const Status status = check_times(*claims, rules.leeway, now); !status) return status.error();
  return claims_in(*claims, rules);
}

}  // namespace aigw::auth
