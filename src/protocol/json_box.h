// A JSON value as a member of a struct: copies with it, costs a pointer, and keeps json.hpp out of headers.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "protocol/json_tree.h"

namespace aigw::protocol {

class JsonBox {
 public:
  JsonBox();  // empty: the member was not given
  JsonBox(Json value);  // NOLINT: a value boxes itself
  JsonBox(const JsonBox& other);
  JsonBox(JsonBox&& other) noexcept;
  JsonBox& operator=(JsonBox other) noexcept;
  ~JsonBox();

  explicit operator bool() const { return value_ != nullptr; }
  // Precondition: not empty.
  Json& operator*() { return *value_; }
  const Json& operator*() const { return *value_; }
  Json* operator->() { return value_.get(); }
  const Json* operator->() const { return value_.get(); }
  // The value, or null where there is none.
  Json value_or_null() const;

 private:
  std::unique_ptr<Json> value_;
};

}  // namespace aigw::protocol
