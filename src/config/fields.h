// The fields of provider.json, each named once: the loader reads by these tables, and a test holds
// config/provider.schema.json to them.
#pragma once

#include <string>
#include <vector>

#include "config/drafts.h"
#include "config/field.h"

namespace aigw::config {

const Fields<Global>& global_fields();
const Fields<ProviderDraft>& provider_fields();  // of an entry of `providers`
const Fields<ProviderDraft>& account_fields();   // of an entry of `_providers`: those that entries may share
const Fields<RouteDraft>& route_fields();

enum class Object {
  Global, Account, Route, Provider, Window, Mock, Capabilities, Params, Key, Owner, Limits, Price, Jwt,
  Webhook
};

const std::vector<std::string>& known_fields(Object object);

// Names at the top of the file that are no models.
inline constexpr const char* kGlobalName = "_global";
inline constexpr const char* kAccountsName = "_providers";
inline constexpr const char* kKeysName = "_keys";
inline constexpr const char* kOwnersName = "_owners";
inline constexpr const char* kSchemaName = "$schema";

}  // namespace aigw::config
