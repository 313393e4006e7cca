// Readers of the fields that need more than a type and a range.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/drafts.h"

namespace aigw::config {

// What is wrong with a name for a model or a provider, or nothing.
std::optional<std::string> name_fault(std::string_view name);
// The same for an owner's, in which a slash would part the name in addresses and counters.
std::optional<std::string> owner_name_fault(std::string_view name);
// The same of an owner's own name, which is not `*`.
std::optional<std::string> own_name_fault(std::string_view name);
// Without a name nothing can be said about a provider: here a variable that is not set is always a problem.
std::optional<std::string> read_name(const Value& value);
std::optional<std::string> read_model(const Value& value);

// Blanks and line ends around a credential come from copying and are taken off.
std::optional<Secret> read_secret(const Value& value);
// The same of a file. Errors say what is wrong with it (`is empty`) and do not repeat the path: now and then the
// credential itself is written where its file belongs.
Result<Secret> read_secret_file(const std::string& path);

std::optional<std::string> read_listen_host(const Value& value);
// Of a list one element each; what was refused is left empty.
std::optional<std::vector<std::string>> read_addresses(const Value& value);  // IP addresses and blocks of them
std::optional<std::vector<std::string>> read_cors_origins(const Value& value);
std::optional<std::vector<std::string>> read_aliases(const Value& value);
std::optional<std::vector<std::string>> read_model_rules(const Value& value);

// Header fields, added to those in `into`; the same name, in any case, replaces.
void read_headers(const Value& value, std::map<std::string, std::string>& into);

void read_type(const Value& value, ProviderDraft& into);
// Of a query only Azure's `api-version` is taken.
void read_endpoint(const Value& value, ProviderDraft& into);
void read_api_version(const Value& value, ProviderDraft& into);
// An empty list takes back what the account says.
void read_dialects(const Value& value, ProviderDraft& into);
void read_api_key(const Value& value, ProviderDraft& into);
// A file that can't be read makes the provider unavailable; the file is read again at each reload.
void read_api_key_file(const Value& value, ProviderDraft& into);
// Added to those of the account.
void read_custom_headers(const Value& value, ProviderDraft& into);

}  // namespace aigw::config
