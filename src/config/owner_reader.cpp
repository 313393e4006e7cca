#include "config/owner_reader.h"

#include <utility>

#include "config/limits_reader.h"
#include "config/price_reader.h"
#include "config/quota_reader.h"
#include "config/readers.h"

namespace aigw::config {
namespace {

constexpr int kMarkupMax = 100;

std::optional<std::int64_t> read_markup(const Value& value) { return value.millionths(0, kMarkupMax); }

}  // namespace

const Fields<Owner>& owner_fields() {
  static const Fields<Owner> fields = {
      {"limits", by(&Owner::limits, read_limits)},
      {"budget", by(&Owner::budget, read_quota)},
      {"prepaid", boolean(&Owner::prepaid)},
      {"markup", by(&Owner::markup_ppm, read_markup)},
      {"prices", by(&Owner::prices, read_prices)},
  };
  return fields;
}

std::vector<Owner> read_owners(const Value& value) {
  std::vector<Owner> owners;
  const auto members = value.members();
  if (!members) return owners;
  for (const auto& [name, member] : *members) {
    if (const auto fault = owner_name_fault(name)) member.refuse(*fault);
    Owner owner;
    owner.name = name;
    read_object(member, owner_fields(), owner);
    owners.push_back(std::move(owner));
  }
  return owners;
}

}  // namespace aigw::config
