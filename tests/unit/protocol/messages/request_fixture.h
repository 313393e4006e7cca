// Requests in the canonical form, made in one line, and what becomes of them.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/messages/messages.h"

namespace aigw::protocol::messages {

inline Json json(const char* text) { return Json::parse(text); }

inline canonical::Part text(std::string words) { return {canonical::Text{std::move(words)}, {}}; }

inline canonical::Part call(std::string id, std::string name, std::string arguments) {
  canonical::ToolCall one;
  one.id = std::move(id);
  one.name = std::move(name);
  one.arguments = std::move(arguments);
  return {std::move(one), {}};
}

inline canonical::Part result(std::string id, std::vector<canonical::Part> content) {
  canonical::ToolResult one;
  one.call_id = std::move(id);
  one.content = std::move(content);
  return {std::move(one), {}};
}

inline canonical::Part thought(std::string words, canonical::Vendor vendor, std::string proof) {
  canonical::Thinking one;
  one.text = std::move(words);
  one.vendor = vendor;
  one.proof = std::move(proof);
  return {std::move(one), {}};
}

inline canonical::Part marked(canonical::Part part, std::string ttl = "") {
  part.cache = canonical::CacheMark{std::move(ttl)};
  return part;
}

inline canonical::Message system(std::vector<canonical::Part> parts) {
  return {canonical::Role::System, std::move(parts)};
}
inline canonical::Message user(std::vector<canonical::Part> parts) { return {canonical::Role::User, std::move(parts)}; }
inline canonical::Message assistant(std::vector<canonical::Part> parts) {
  return {canonical::Role::Assistant, std::move(parts)};
}
inline canonical::Message tool(std::vector<canonical::Part> parts) { return {canonical::Role::Tool, std::move(parts)}; }

inline canonical::Tool function_tool(std::string name, const char* parameters = nullptr) {
  canonical::Tool one;
  one.name = std::move(name);
  if (parameters != nullptr) one.parameters = json(parameters);
  return one;
}

inline canonical::ToolChoice choose(canonical::ToolChoice::Kind kind, std::string name = "") {
  canonical::ToolChoice choice;
  choice.kind = kind;
  choice.name = std::move(name);
  return choice;
}

// A Chat client's request that says "Hi".
inline canonical::Request greeting() {
  canonical::Request request;
  request.messages = {user({text("Hi")})};
  return request;
}

struct Encoded {
  Json body;
  canonical::ReplyRules rules;
  canonical::Notes notes;

  std::string rejected() const { return notes.rejection() ? notes.rejection()->param : ""; }
  const std::vector<std::string>& dropped() const { return notes.dropped(); }
  // The member as text, "" if it is not there.
  std::string at(const char* name) const { return body.contains(name) ? dump(body[name]) : ""; }
};

inline Encoded encode(canonical::Request request, const config::Capabilities& can = {},
                      bool drop_server_tools = false) {
  Target target;
  target.model = "claude";
  target.can = can;
  target.settings.drop_server_tools = drop_server_tools;
  Encoded encoded;
  encoded.body = encode_request(std::move(request), target, encoded.rules, encoded.notes);
  return encoded;
}

}  // namespace aigw::protocol::messages
