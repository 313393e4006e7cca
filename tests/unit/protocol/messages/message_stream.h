// Frames of a Messages stream, read as the official SDK's MessageStream reads them and held to the laws of §9.1.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::messages {

// The data of each frame, whose `event` line must say the same as `type`.
inline std::vector<Json> data_of(std::string_view frames) {
  std::vector<Json> events;
  while (!frames.empty()) {
    const std::size_t end = frames.find("\n\n");
    REQUIRE(end != std::string_view::npos);
    const std::string_view frame = frames.substr(0, end);
    const std::size_t line_end = frame.find("\ndata: ");
    REQUIRE(line_end != std::string_view::npos);
    const Json data = Json::parse(frame.substr(line_end + 7));
    CHECK(frame.substr(0, line_end) == "event: " + data.at("type").get<std::string>());
    events.push_back(data);
    frames.remove_prefix(end + 2);
  }
  return events;
}

// The message that a client has at the end. Every law of §9.1 is checked on the way.
inline Json accumulated(std::string_view frames) {
  Json message;
  bool is_open = false;
  std::string input;
  std::size_t signatures = 0;
  bool told_ending = false;
  bool stopped = false;
  for (const Json& event : data_of(frames)) {
    CAPTURE(event.dump());
    CHECK_FALSE(stopped);
    const std::string type = event.at("type");
    if (type == "message_start") {
      CHECK(message.is_null());
      message = event.at("message");
      CHECK(message.at("content") == Json::array());
      continue;
    }
    REQUIRE(message.is_object());
    Json& content = message["content"];
    if (type == "content_block_start") {
      CHECK_FALSE(is_open);
      CHECK(event.at("index") == content.size());
      content.push_back(event.at("content_block"));
      is_open = true;
      input.clear();
      signatures = 0;
    } else if (type == "content_block_delta") {
      REQUIRE(is_open);
      CHECK(event.at("index") == content.size() - 1);
      const Json& delta = event.at("delta");
      Json& block = content.back();
      const std::string kind = delta.at("type");
      const auto append = [&](const char* name) {
        CHECK_FALSE(delta.at(name).get_ref<const std::string&>().empty());
        block[name] = block.at(name).get<std::string>() + delta.at(name).get<std::string>();
      };
      if (kind == "text_delta") append("text");
      if (kind == "thinking_delta") append("thinking");
      if (kind == "signature_delta") {
        block["signature"] = delta.at("signature");
        ++signatures;
      }
      if (kind == "citations_delta") block["citations"].push_back(delta.at("citation"));
      if (kind == "input_json_delta") input += delta.at("partial_json").get<std::string>();
    } else if (type == "content_block_stop") {
      REQUIRE(is_open);
      CHECK(event.at("index") == content.size() - 1);
      Json& block = content.back();
      if (!input.empty()) block["input"] = Json::accept(input) ? Json::parse(input) : Json("cut: " + input);
      if (block.at("type") == "thinking") CHECK(signatures == 1);
      is_open = false;
    } else if (type == "message_delta") {
      CHECK_FALSE(is_open);
      CHECK_FALSE(told_ending);
      told_ending = true;
      message.update(event.at("delta"));
      message["usage"].update(event.at("usage"));
    } else if (type == "message_stop") {
      CHECK(told_ending);
      stopped = true;
    }
  }
  CHECK(stopped);
  return message;
}

}  // namespace aigw::protocol::messages
