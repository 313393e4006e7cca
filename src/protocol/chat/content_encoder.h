// Text, images and files as the content parts of a Chat message (protocols.md §3.3, §3.10).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/capabilities.h"
#include "protocol/canonical/notes.h"
#include "protocol/canonical/request.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// Writes content for one provider. Borrows what it is made with.
class ContentEncoder {
 public:
  ContentEncoder(const config::Capabilities& can, canonical::Notes& notes) : can_(can), notes_(notes) {}

  Json text_part(std::string_view text, const std::optional<canonical::CacheMark>& mark = std::nullopt) const;

  // Appends the parts for `media`. What the provider can't take is rejected.
  void add_media(const canonical::Media& media, const std::optional<canonical::CacheMark>& mark, Json& parts) const;

  // Sets the mark in the form that the provider takes, if it takes any.
  void put_mark(Json& part, const std::optional<canonical::CacheMark>& mark) const;
  // Anthropic's form, where it alone has a meaning: on tools and messages.
  void put_cache_control(Json& object, const std::optional<canonical::CacheMark>& mark) const;

 private:
  Json image_part(const canonical::Media& image) const;
  Json audio_part(const canonical::Media& audio) const;
  Json file_part(const canonical::Media& document) const;

  const config::Capabilities& can_;
  canonical::Notes& notes_;
};

// A string where there is one text part and nothing but text is known of it, else the parts themselves.
Json plain_if_one_text(Json parts);

}  // namespace aigw::protocol::chat
