#include "auth/strict_json.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace aigw::auth {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDepthMax = 64;

class StrictBuilder final : public nlohmann::json_sax<Json> {
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
    const auto [place, is_new] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
    member_ = &place->second;
    return is_new || refuse("a name stands twice in one object");
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return refuse("no JSON");
  }

 private:
  bool refuse(const char* why) {
    fault_ = why;
    return false;
  }

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
    if (open_.size() == kDepthMax) return refuse("nested deeper than 64 levels");
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

Result<Json> parse_strictly(std::string_view text) {
  StrictBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return invalid(builder.fault());
  Json tree = builder.take_tree();
  if (!tree.is_object()) return invalid("no JSON object");
  return tree;
}

const Json* member_of(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

}  // namespace aigw::auth
