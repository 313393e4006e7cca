// Reads `_providers` and the routes: fills each provider's struct from `_global`, its account and its own
// fields, in this order, and checks what only shows when they have come together.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/drafts.h"

namespace aigw::config {

// By name; nothing for one that could not be read, so that its users are not blamed for it.
using Accounts = std::map<std::string, std::optional<ProviderDraft>>;

Accounts read_accounts(const Value& value, const Global& global);

// References outlive the reader.
class RouteReader {
 public:
  RouteReader(const Global& global, const Accounts& accounts, Report& report)
      : global_(global), accounts_(accounts), report_(report) {}

  // The result is of use only if the report has no problems.
  Route read(const std::string& model, const Value& value) const;

 private:
  ProviderDraft read_provider(const std::string& model, const Value& value) const;
  ProviderDraft begin_provider(const Value& value, bool& account_known) const;
  std::string look_ahead_for_use(const Value& entry) const;
  void check_required(const ProviderDraft& draft, const Value& value) const;
  void check_api_key(const ProviderDraft& draft, const Value& value) const;
  bool was_refused(const Value& object, const char* field) const;

  const Global& global_;
  const Accounts& accounts_;
  Report& report_;
};

}  // namespace aigw::config
