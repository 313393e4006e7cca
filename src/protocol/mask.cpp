#include "protocol/mask.h"

#include <algorithm>
#include <array>

#include "base/address.h"
#include "base/text.h"

namespace aigw::protocol {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kBorders = " \t\r\n\"'`<>(){}[],;|";
constexpr std::size_t kNone = std::string_view::npos;

bool is_key_char(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '*'; }

// ---- credentials ----------------------------------------------------------------------------------

struct Prefix {
  std::string_view text;
  std::size_t rest_min;  // so many bytes behind it make it a key
};

constexpr std::array<Prefix, 16> kKeyPrefixes{{{"sk-", 4},
                                               {"sk_", 8},
                                               {"rk-", 8},
                                               {"sess-", 8},
                                               {"gsk_", 8},
                                               {"xai-", 8},
                                               {"hf_", 12},
                                               {"AIza", 16},
                                               {"ya29", 16},
                                               {"AKIA", 12},
                                               {"ASIA", 12},
                                               {"eyJ", 16},
                                               {"nvapi-", 8},
                                               {"pplx-", 8},
                                               {"csk-", 8},
                                               {"ghp_", 8}}};

bool begins_key(std::string_view text) {
  return std::any_of(kKeyPrefixes.begin(), kKeyPrefixes.end(), [&](const Prefix& prefix) {
    if (!starts_with(text, prefix.text)) return false;
    const auto rest = text.substr(prefix.text.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_key_char);
    return static_cast<std::size_t>(end - rest.begin()) >= prefix.rest_min;
  });
}

// Letters mixed with digits, longer than ids and words are.
bool begins_long_token(std::string_view text) {
  constexpr std::size_t kLong = 32;
  const auto end = std::find_if_not(text.begin(), text.end(), is_alphanumeric);
  const auto letters = static_cast<std::size_t>(std::count_if(text.begin(), end, [](char c) { return !is_digit(c); }));
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length >= kLong && letters > 0 && letters < length;
}

// Where the key ends that `text` begins with. A JWT and Google's tokens have dots in them.
std::size_t key_end(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() &&
         (is_key_char(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_key_char(text[end + 1])))) {
    ++end;
  }
  return end;
}

std::string without_keys(std::string_view word) {
  std::string result;
  for (std::size_t at = 0; at < word.size();) {
    const bool starts_here = at == 0 || !is_alphanumeric(word[at - 1]);
    const std::string_view rest = word.substr(at);
    if (starts_here && (begins_key(rest) || begins_long_token(rest))) {
      result += kMask;
      at += key_end(rest);
    } else {
      result += word[at++];
    }
  }
  return result;
}

bool is_credential_name(std::string_view name) {
  const std::string plain = lower(name);
  static constexpr std::array<std::string_view, 11> kNames = {
      "key",    "apikey",        "token",      "accesstoken", "secret",   "password",
      "passwd", "authorization", "credential", "sig",         "signature"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view known) {
    if (!ends_with(plain, known)) return false;
    const std::size_t before = plain.size() - known.size();
    return before == 0 || !is_alphanumeric(plain[before - 1]);
  });
}

// `name=value` with `&` between, as in a query: the values of credentials are masked.
std::string without_secret_values(std::string_view text) {
  std::string result;
  for (const std::string_view part : split(text, '&')) {
    if (part.data() != text.data()) result += '&';
    const std::size_t equal = part.find('=');
    if (equal != kNone && equal + 1 < part.size() && is_credential_name(part.substr(0, equal))) {
      result += std::string(part.substr(0, equal + 1)) + std::string(kMask);
    } else {
      result += part;
    }
  }
  return result;
}

// ---- hosts ----------------------------------------------------------------------------------------

bool is_local_address(std::string_view host) { return is_ip_address(host) && is_local_host(host); }

bool is_host_char(char c) { return is_alphanumeric(c) || c == '-' || c == '.'; }

// A host that a text names without a scheme: a private address, localhost, a name of a cluster or an office, or any
// name without a dot that has a port behind it.
bool is_local_word(std::string_view word) {
  word = word.substr(0, word.find('/'));
  if (is_local_address(word)) return true;
  const std::size_t colon = word.find(':');
  const std::string host = lower(word.substr(0, colon));
  if (host == "localhost" || is_local_address(host)) return true;
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) return false;
  if (contains(host, ".")) {
    return is_local_host(host) || ends_with(host, ".svc") || ends_with(host, ".intranet") || ends_with(host, ".corp");
  }
  if (colon == kNone || std::all_of(host.begin(), host.end(), is_digit)) return false;
  const auto port = parse_uint(word.substr(colon + 1));
  return port && *port >= 1000 && *port <= 65535;
}

std::string masked_url(std::string_view scheme, std::string_view rest) {
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  const std::size_t at = authority.rfind('@');
  const std::string_view place = at == kNone ? authority : authority.substr(at + 1);
  const std::string_view host =
      starts_with(place, "[") ? place.substr(1, place.find(']') - 1) : place.substr(0, place.find(':'));
  if (host.empty() || is_local_host(host)) return std::string(kMask);
  std::string result = std::string(scheme) + "://";
  if (at != kNone) result += std::string(kMask) + "@";
  result += place;
  const std::string_view path = rest.substr(authority_end);
  const std::size_t query = path.find('?');
  result += without_keys(path.substr(0, query));
  if (query != kNone) result += '?' + without_keys(without_secret_values(path.substr(query + 1)));
  return result;
}

// ---- words ----------------------------------------------------------------------------------------

// The length of an escape of JSON that stands for a border, or 0. JSON in JSON is escaped several times: `\n`, `\\\"`,
// `\u0022`. Without it the n of `\nsk-…` would be the key's first letter.
std::size_t escape_length(std::string_view text) {
  const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
  if (slashes == 0 || slashes == text.size()) return 0;
  const std::string_view rest = text.substr(slashes);
  if (contains("nrtbf\"", rest.substr(0, 1))) return slashes + 1;
  const std::string code = lower(rest.substr(0, 5));  // \u00 and two digits more
  const bool is_sign = code.size() == 5 && starts_with(code, "u00") && is_hex_digit(code[4]) &&
                       (contains("012", code.substr(3, 1)) || code == "u003c" || code == "u003e");
  return is_sign ? slashes + code.size() : 0;
}

// Splits `message` into words and what stands between them, and remembers what a word says about the next one.
class Masker {
 public:
  explicit Masker(std::string_view message) : rest_(message) {}

  std::string run() {
    while (!rest_.empty()) {
      if (kBorders.find(rest_.front()) != kNone) {
        pass(1);
      } else if (const std::size_t length = escape_length(rest_)) {
        pass(length);
      } else {
        take_word();
      }
    }
    return std::move(result_);
  }

 private:
  // How sure we are that the next word is a credential.
  enum class Next { Word, MaybeSecret, Secret };

  void pass(std::size_t length) {
    result_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  // Up to the next border; the brackets of an IPv6 address in a URL are none.
  std::size_t word_end() const {
    std::size_t end = rest_.find_first_of(kBorders);
    if (end != kNone && rest_[end] == '[' && ends_with(rest_.substr(0, end), "://")) {
      const std::size_t close = rest_.find_first_of("] \r\n", end);
      if (close != kNone && rest_[close] == ']') end = rest_.find_first_of(kBorders, close + 1);
    }
    end = std::min(end, rest_.size());
    const std::string_view word = rest_.substr(0, end);  // not beyond: each word would look through all that follows
    std::size_t slash = word.find('\\');
    while (slash < end && escape_length(rest_.substr(slash)) == 0) {
      slash = word.find('\\', word.find_first_not_of('\\', slash));
    }
    return std::min(end, slash);
  }

  void take_word() {
    std::string_view word = rest_.substr(0, word_end());
    rest_.remove_prefix(word.size());
    const std::size_t last = word.find_last_not_of(".:!?=");
    const std::string_view tail = last == kNone ? word : word.substr(last + 1);
    word = word.substr(0, word.size() - tail.size());
    if (!word.empty()) result_ += is_secret(word) ? std::string(kMask) : masked_word(word);
    result_ += tail;
    look_ahead(word, tail);
  }

  bool is_secret(std::string_view word) const {
    if (next_ == Next::Word) return false;
    if (next_ == Next::Secret) return word.size() >= 4;
    // `Bearer authentication`, `api_key: Field required`, `Unknown key: max_completion_tokens` are words.
    const bool is_mixed = std::any_of(word.begin(), word.end(), [](char c) { return is_digit(c) || c == '*'; });
    return is_mixed ? word.size() >= 8 : word.size() >= 20 && !contains(word, "_");
  }

  static std::string masked_word(std::string_view word) {
    if (const std::size_t mark = word.find("://"); mark != kNone && mark + 3 < word.size()) {
      std::size_t begin = mark;
      while (begin > 0 && is_alphanumeric(word[begin - 1])) --begin;
      return std::string(word.substr(0, begin)) +
             masked_url(word.substr(begin, mark - begin), word.substr(mark + 3));
    }
    const std::size_t equal = word.find('=');
    if (equal != kNone) {
      const std::string_view value = word.substr(equal + 1);
      if (is_local_word(value)) return std::string(word.substr(0, equal + 1)) + std::string(kMask);
      return without_keys(without_secret_values(word));
    }
    if (const std::size_t colon = word.find(':'); colon != kNone && is_credential_name(word.substr(0, colon))) {
      return std::string(word.substr(0, colon + 1)) + std::string(kMask);
    }
    if (is_local_word(word)) return std::string(kMask);
    return without_keys(word);
  }

  // `Bearer x`, `x-api-key: x`, `"token" : "x"`, `API key provided: x`, `host='x'`.
  void look_ahead(std::string_view word, std::string_view tail) {
    const bool separated = tail == ":" || tail == "=";
    const std::string_view name = word.empty() ? std::string_view(name_) : word;
    next_ = Next::Word;
    if (iequals(word, "Bearer") || iequals(word, "Basic")) {
      next_ = Next::MaybeSecret;
    } else if (separated && iequals(name, "provided") && follows_key_) {
      next_ = Next::Secret;
    } else if (separated && is_credential_name(name)) {
      next_ = tail == "=" ? Next::Secret : Next::MaybeSecret;
    } else if (tail == "=" && (iequals(name, "host") || iequals(name, "hostname"))) {
      next_ = Next::Secret;
    }
    if (word.empty()) return;
    follows_key_ = is_credential_name(word) || (follows_key_ && iequals(word, "provided"));
    name_ = word;
  }

  std::string_view rest_;
  std::string result_;
  std::string_view name_;     // the last word
  bool follows_key_ = false;  // it was `key`, or `key provided`
  Next next_ = Next::Word;
};

}  // namespace

std::string masked(std::string_view message) { return Masker(message).run(); }

}  // namespace aigw::protocol
