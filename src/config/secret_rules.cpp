#include "config/secret_rules.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "config/masked_text.h"

namespace aigw::config {
namespace {

// In lower case. Those of header fields are for texts in which what is around them is not known.
constexpr std::string_view kSecretNames[] = {
    "api_key", "api-key", "apikey", "admin_key", "key", "secret", "token", "access_token", "password", "sig",
    "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "cookie"};
constexpr std::string_view kHeaderLists[] = {"headers", "custom_headers"};
constexpr std::string_view kWebhookLists[] = {"webhooks"};

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), lower(name)) != std::end(names);
}

// `${NAME}`, `${NAME:-}` and the scheme before it, alone or several: nothing is told by them.
bool only_names_variables(std::string_view value) {
  for (const std::string_view scheme : {"Bearer ", "Basic "}) {
    if (starts_with(value, scheme)) value.remove_prefix(scheme.size());
  }
  while (!value.empty()) {
    const std::size_t close = value.find('}');
    if (!starts_with(value, "${") || close == std::string_view::npos) return false;
    const std::string_view inside = value.substr(2, close - 2);
    const std::size_t mark = inside.find(":-");
    if (mark != std::string_view::npos && mark + 2 < inside.size()) return false;
    if (!std::all_of(inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(std::min(mark, inside.size())),
                     [](char c) { return is_alphanumeric(c) || c == '_'; })) {
      return false;
    }
    value.remove_prefix(close + 1);
  }
  return true;
}

std::string masked_or_variable(std::string_view value) {
  return std::string(only_names_variables(value) ? value : kMask);
}

// The values of parameters whose names are those of secrets.
std::string shown_query(std::string_view query) {
  std::string shown;
  for (const std::string_view pair : split(query, '&')) {
    if (!shown.empty() || pair.data() != query.data()) shown += '&';
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !is_one_of(kSecretNames, pair.substr(0, equals))) {
      shown += pair;
    } else {
      shown += pair.substr(0, equals + 1);
      shown += masked_or_variable(pair.substr(equals + 1));
    }
  }
  return shown;
}

// `keeps_path` is false for a URL that is itself a credential.
std::string shown_url(std::string_view url, bool keeps_path) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return keeps_path ? std::string(url) : masked_or_variable(url);
  std::string shown(url.substr(0, host + 3));
  url.remove_prefix(host + 3);
  const std::size_t query = std::min(url.find('?'), url.size());
  // A password may have slashes that should have been encoded: the last `@` before the query ends it.
  const std::size_t at = url.substr(0, query).rfind('@');
  if (at != std::string_view::npos && !contains(url.substr(0, at), " ")) {
    shown += masked_or_variable(url.substr(0, at)) + '@';
    url.remove_prefix(at + 1);
  }
  const std::size_t host_end = std::min(url.find_first_of("/?#"), url.size());
  if (!keeps_path) {
    shown += url.substr(0, host_end);
    const std::string_view path = url.substr(host_end);
    if (path.size() > 1) shown += std::string(path.substr(0, 1)) + masked_or_variable(path.substr(1));
    if (path.size() == 1) shown += path;
    return shown;
  }
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) return shown + std::string(url);
  return shown + std::string(url.substr(0, mark + 1)) + shown_query(url.substr(mark + 1));
}

}  // namespace

std::string shown_value(const std::vector<std::string_view>& names, std::string_view value) {
  if (value.empty()) return "";
  if (names.empty()) return shown_url(value, true);
  // A model or a key may have such a name, too, but what stands right behind that is no text.
  if (is_one_of(kSecretNames, names.back())) return masked_or_variable(value);
  const auto is_below = [&](const auto& lists) {
    return std::any_of(names.begin(), names.end() - 1, [&](std::string_view name) { return is_one_of(lists, name); });
  };
  if (is_below(kHeaderLists)) return masked_or_variable(value);
  const bool is_webhook = names.back() == "url" && is_below(kWebhookLists);
  return shown_url(value, !is_webhook);
}

bool looks_like_key(std::string_view word) {
  constexpr std::size_t kBytesMin = 12;
  return word.size() >= kBytesMin && starts_with(word, "sk-");
}

}  // namespace aigw::config
