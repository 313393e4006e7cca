#include "protocol/json_tree.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/json_scan.h"

namespace aigw::protocol {
namespace {

// An object that keeps its members' order has no index: each new member is compared with all before it, which for a
// million of them takes hours. No vendor's API knows objects of more than some thousands.
constexpr std::size_t kMembersMax = 10'000;

// Builds a tree as nlohmann's own parser does (of members with one name the last counts), within that limit.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  Json take_tree() { return std::move(root_); }
  const std::string& fault() const { return fault_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // JSON text has none

  bool start_object(std::size_t /*unknown*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*unknown*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& members = open_.back()->get_ref<Json::object_t&>();
    member_ = &members[name];
    if (members.size() <= kMembersMax) return true;
    fault_ = "an object with more than " + std::to_string(kMembersMax) + " members";
    return false;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    fault_ = "JSON with a number out of range or an escape that is half of a surrogate pair";
    return false;
  }

 private:
  // Where the next value belongs. The containers around it do not move while it is open.
  Json& place() {
    if (open_.empty()) return root_;
    if (open_.back()->is_object()) return *member_;
    return open_.back()->get_ref<Json::array_t&>().emplace_back();
  }

  bool add(Json value) {
    place() = std::move(value);
    return true;
  }

  bool open(Json container) {
    Json& opened = place();
    opened = std::move(container);
    open_.push_back(&opened);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;  // whose name was read last
  std::string fault_;
};

}  // namespace

Result<Json> parse_object(std::string_view text) {
  if (std::optional<std::string> fault = json_object_fault(text)) return Error{ErrorKind::Garbled, std::move(*fault)};
  TreeBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return Error{ErrorKind::Garbled, builder.fault()};
  return builder.take_tree();
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

const Json* find_member(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

bool is_given(const Json& value) {
  return !value.is_null() && !(value.is_string() && value.get_ref<const std::string&>().empty());
}

}  // namespace aigw::protocol
