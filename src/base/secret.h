// A credential. It can be compared and sent, but printing it gives its mask.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace aigw {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }

  // The credential itself: for the request that needs it, never for a log line or a reply.
  const std::string& reveal() const { return text_; }

  // `sk-…abcd` for a text of 12 bytes or more, `…` for a shorter one, "" for none.
  std::string mask() const;

  // Takes the same time for every guess of the right length: it does not tell where one differs. Of the length itself
  // nothing is hidden; keys of a kind have one length anyway.
  bool equals(std::string_view guess) const;

  // For finding out whether a reload changed a key; not for authentication.
  bool operator==(const Secret& other) const { return text_ == other.text_; }

 private:
  std::string text_;
};

}  // namespace aigw
