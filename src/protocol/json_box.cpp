#include "protocol/json_box.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace aigw::protocol {

JsonBox::JsonBox() = default;
JsonBox::JsonBox(Json value) : value_(std::make_unique<Json>(std::move(value))) {}
JsonBox::JsonBox(const JsonBox& other) : value_(other ? std::make_unique<Json>(*other) : nullptr) {}
JsonBox::JsonBox(JsonBox&& other) noexcept = default;
JsonBox::~JsonBox() = default;

JsonBox& JsonBox::operator=(JsonBox other) noexcept {
  value_.swap(other.value_);
  return *this;
}

Json JsonBox::value_or_null() const { return value_ ? *value_ : Json(); }

}  // namespace aigw::protocol
