// What a conversion of a request says beside its result: fields that were dropped, and why it can't be made.
//
// Decoders and encoders tell their notes and go on as if nothing had happened, with whatever is left; who called them
// asks for the rejection at the end. So no step on the way has to hand failures through.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aigw::protocol::canonical {

// The request is answered 400 in the client's dialect and no provider is called (REJ in protocols.md §0.3).
struct Rejection {
  std::string param;    // the field as the client named it, `tools[2].type`; "" if it is none
  std::string message;  // a sentence for the client: what is wrong, what to do
};

// The name of an array's item: `tools[2]`.
std::string item_param(std::string_view param, std::size_t index);

class Notes {
 public:
  // `strict`: what would be dropped is rejected (setting strict_params).
  explicit Notes(bool strict = false) : strict_(strict) {}

  // A field that can't be expressed is left out (D): it changes nothing that must not be told. Each name once.
  void drop(std::string_view field);
  // The first rejection is the one that counts.
  void reject(std::string_view param, std::string message);

  const std::optional<Rejection>& rejection() const { return rejection_; }
  const std::vector<std::string>& dropped() const { return dropped_; }

 private:
  bool strict_;
  std::optional<Rejection> rejection_;
  std::vector<std::string> dropped_;
};

}  // namespace aigw::protocol::canonical
