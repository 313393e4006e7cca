// Reads `_global.webhooks`.
#pragma once

#include <optional>
#include <vector>

#include "config/field.h"
#include "config/webhook.h"

namespace aigw::config {

const Fields<Webhook>& webhook_fields();

std::optional<std::vector<Webhook>> read_webhooks(const Value& value);

}  // namespace aigw::config
