#include "config/readers.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/address.h"
#include "base/text.h"
#include "base/url.h"
#include "config/field.h"
#include "config/text_file.h"

namespace aigw::config {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kSecretFileBytesMax = 64 * 1024;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> secret_fault(std::string_view given, std::string_view trimmed) {
  if (trimmed.empty() && !given.empty()) return "consists of blanks only";
  if (has_control(trimmed)) return "contains a control character";
  return std::nullopt;
}

// A header that the gateway writes itself, or that belongs to one connection (RFC 9110 section 7.6.1).
bool is_own_header(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOwn = {"host", "content-length", "transfer-encoding", "connection"};
  return std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) { return iequals(own, name); });
}

std::optional<std::string> header_name_fault(const std::string& name) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
  if (name.empty() || !consists_of(name, kTokenMarks)) return "not a valid header name";
  if (is_own_header(name)) return "this header is set by the gateway";
  return std::nullopt;
}

// Browsers send an origin in lower case and without the scheme's own port; only that spelling would ever match.
// Apps have schemes of their own (`app://obsidian.md`, `chrome-extension://...`).
std::optional<std::string> canonical_origin(const std::string& text) {
  if (text == "*") return text;
  const std::string origin = lower(text);
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end == std::string::npos || scheme_end == 0) return std::nullopt;
  const std::string_view scheme = std::string_view(origin).substr(0, scheme_end);
  const std::string_view rest = std::string_view(origin).substr(scheme_end + 3);
  if (scheme != "http" && scheme != "https") {
    const bool valid = consists_of(scheme, "+-.") && !rest.empty() && consists_of(rest, "-._");
    return valid ? std::optional(origin) : std::nullopt;
  }
  const Result<Url> url = parse_url(origin);
  if (!url || contains(rest, "/")) return std::nullopt;
  return url->text();
}

std::optional<std::string> checked_name(const Value& value, const std::optional<Text>& given) {
  if (!given) return std::nullopt;
  if (const auto fault = name_fault(given->value)) {
    value.refuse(*fault);
    return std::nullopt;
  }
  return given->value;
}

// A list of texts, each checked by `check`, which reports and gives nothing for a bad one.
template <typename Check>
std::optional<std::vector<std::string>> read_texts(const Value& value, Check check) {
  const auto elements = value.elements();
  if (!elements) return std::nullopt;
  std::vector<std::string> result;
  for (const Value& element : *elements) {
    const auto given = element.text();
    result.push_back(given ? check(element, *given).value_or("") : "");
  }
  return result;
}

bool is_api_version(std::string_view text) { return consists_of(text, "-."); }

// Takes `?api-version=2024-10-21` off a URL, which Azure's have and no other query may be.
std::string take_api_version(std::string& url) {
  constexpr std::string_view kQuery = "?api-version=";
  const std::size_t at = url.find(kQuery);
  if (at == std::string::npos) return "";
  std::string version = url.substr(at + kQuery.size());
  if (version.empty() || !is_api_version(version)) return "";
  url.erase(at);
  return version;
}

}  // namespace

std::optional<std::string> name_fault(std::string_view name) {
  if (name.empty()) return "a name must not be empty";
  if (has_control(name)) return "a name must not contain control characters";
  if (trim(name) != name) return "a name must not begin or end with a blank";
  if (name.size() > kNameBytesMax) return "a name must not be longer than " + std::to_string(kNameBytesMax) + " bytes";
  return std::nullopt;
}

std::optional<std::string> owner_name_fault(std::string_view name) {
  if (contains(name, "/")) return "an owner's name must not contain a slash";
  // One from a path may hold any bytes, and files would keep another name.
  if (!simdjson::validate_utf8(name.data(), name.size())) return "an owner's name must be UTF-8";
  return name_fault(name);
}

std::optional<std::string> own_name_fault(std::string_view name) {
  if (name == "*") return "\"*\" stands for all owners that are not listed; this is the name of one";
  return owner_name_fault(name);
}

std::optional<std::string> read_name(const Value& value) { return checked_name(value, value.strict().text()); }

std::optional<std::string> read_model(const Value& value) { return checked_name(value, value.text()); }

std::optional<Secret> read_secret(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const std::string_view trimmed = trim(given->value);
  if (const auto fault = secret_fault(given->value, trimmed)) {
    value.refuse(*fault);
    return std::nullopt;
  }
  return Secret(std::string(trimmed));
}

Result<Secret> read_secret_file(const std::string& path) {
  const Result<std::string> content = read_text_file(path, kSecretFileBytesMax);
  if (!content) return Error{ErrorKind::Io, "can't be read: " + content.error().detail};
  const std::string_view secret = trim(*content);
  if (secret.empty()) return invalid("is empty");
  if (has_control(secret)) return invalid("holds more than one line");
  return Secret(std::string(secret));
}

std::optional<std::string> read_listen_host(const Value& value) {
  const auto given = value.text();
  if (!given) return std::nullopt;
  const std::string& host = given->value;
  if (is_ip_address(host)) return host;
  if (host.empty() || !consists_of(host, "-._")) {
    value.refuse("expected an IP address (an IPv6 address without brackets) or a host name");
    return std::nullopt;
  }
  return host;
}

std::optional<std::vector<std::string>> read_addresses(const Value& value) {
  return read_texts(value, [](const Value& element, const Text& given) -> std::optional<std::string> {
    const Result<IpBlock> block = IpBlock::parse(given.value);
    if (block) return given.value;
    element.refuse(block.error().detail);
    return std::nullopt;
  });
}

std::optional<std::vector<std::string>> read_cors_origins(const Value& value) {
  return read_texts(value, [](const Value& element, const Text& given) {
    std::optional<std::string> origin = canonical_origin(given.value);
    if (!origin) element.refuse("not an origin; write \"*\" or scheme and host, like \"https://chat.example.com\"");
    return origin;
  });
}

std::optional<std::vector<std::string>> read_aliases(const Value& value) {
  return read_texts(value, [](const Value& element, const Text& given) -> std::optional<std::string> {
    std::optional<std::string> fault = name_fault(given.value);
    if (!fault && contains(given.value, "*")) {
      fault = "an alias is an exact name; a pattern needs a route of its own";
    }
    if (!fault) return given.value;
    element.refuse(*fault);
    return std::nullopt;
  });
}

std::optional<std::vector<std::string>> read_model_rules(const Value& value) {
  return read_texts(value, [](const Value& element, const Text& given) -> std::optional<std::string> {
    const std::string_view pattern = std::string_view(given.value).substr(starts_with(given.value, "!") ? 1 : 0);
    const auto fault = name_fault(pattern);
    if (!fault) return given.value;
    element.refuse(*fault);
    return std::nullopt;
  });
}

void read_type(const Value& value, ProviderDraft& into) {
  constexpr std::array kTypes = {ProviderType::OpenAi, ProviderType::Anthropic, ProviderType::Azure,
                                 ProviderType::Gemini, ProviderType::Mock};
  std::vector<std::string> words = {"auto"};
  for (const ProviderType type : kTypes) words.emplace_back(to_string(type));
  const auto given = read_word(value, "type", words);
  if (!given) return;
  into.type = ProviderType::OpenAi;
  into.detects_type = *given == "auto";
  for (const ProviderType type : kTypes) {
    if (*given == to_string(type)) into.type = type;
  }
}

void read_endpoint(const Value& value, ProviderDraft& into) {
  auto given = value.text();
  if (!given) return;
  into.endpoint_version = take_api_version(given->value);
  const Result<Url> url = parse_url(given->value);
  if (url) {
    into.endpoint = url->text();
  } else {
    value.refuse(url.error().detail);
  }
}

void read_api_version(const Value& value, ProviderDraft& into) {
  const auto given = value.text();
  if (!given) return;
  if (is_api_version(given->value)) {
    into.api_version = given->value;
  } else {
    value.refuse("expected a version like \"2024-10-21\", or \"\" for the v1 form");
  }
}

void read_dialects(const Value& value, ProviderDraft& into) {
  constexpr std::array kDialects = {Dialect::Chat, Dialect::Completions, Dialect::Responses, Dialect::Messages,
                                    Dialect::Embeddings};
  const auto elements = value.elements();
  if (!elements) return;
  std::vector<std::string> words;
  for (const Dialect dialect : kDialects) words.emplace_back(to_string(dialect));
  into.said_dialects.clear();
  for (const Value& element : *elements) {
    const auto given = read_word(element, "dialect", words);
    if (!given) continue;
    const Dialect dialect = kDialects[static_cast<std::size_t>(
        std::find(words.begin(), words.end(), *given) - words.begin())];
    const auto& said = into.said_dialects;
    if (std::find(said.begin(), said.end(), dialect) == said.end()) into.said_dialects.push_back(dialect);
  }
}

void read_api_key(const Value& value, ProviderDraft& into) {
  into.lacking.erase(".api_key_file");
  into.api_key = Secret();
  if (auto secret = read_secret(value)) into.api_key = std::move(*secret);
}

void read_api_key_file(const Value& value, ProviderDraft& into) {
  into.lacking.erase(".api_key");
  into.api_key = Secret();
  const auto path = value.text();
  if (!path) return;
  const Result<Secret> key = read_secret_file(path->value);
  if (key) {
    into.api_key = *key;
  } else {
    into.lacking[".api_key_file"] = "api_key_file " + key.error().detail;
  }
}

void read_headers(const Value& value, std::map<std::string, std::string>& into) {
  const auto members = value.members();
  if (!members) return;
  std::vector<std::string> names;
  for (const auto& member : *members) {
    const auto& name = member.first;  // lambdas of C++20 can't see a structured binding in clang 14
    const auto& header = member.second;
    if (const auto fault = header_name_fault(name)) {
      header.refuse(*fault);
      continue;
    }
    if (std::any_of(names.begin(), names.end(), [&](const std::string& other) { return iequals(other, name); })) {
      header.refuse("this header is written twice; case makes no difference");
      continue;
    }
    names.push_back(name);
    std::erase_if(into, [&](const auto& other) { return iequals(other.first, name); });
    const auto given = header.text();
    if (!given) continue;
    if (has_control(given->value)) {
      header.refuse("a header's value must not contain control characters");
    } else {
      into[name] = given->value;
    }
  }
}

void read_custom_headers(const Value& value, ProviderDraft& into) { read_headers(value, into.custom_headers); }

}  // namespace aigw::config
