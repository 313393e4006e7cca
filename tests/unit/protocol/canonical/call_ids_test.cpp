#include "protocol/canonical/call_ids.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace aigw::protocol::canonical {
namespace {

Message calls(const std::vector<std::pair<std::string, std::string>>& ids_and_names) {
  Message message{Role::Assistant, {}};
  for (const auto& [id, name] : ids_and_names) {
    ToolCall call;
    call.id = id;
    call.name = name;
    message.parts.push_back({std::move(call), std::nullopt});
  }
  return message;
}

Message result(const std::string& id, const std::string& name = "") {
  ToolResult one;
  one.call_id = id;
  one.name = name;
  return {Role::Tool, {{std::move(one), std::nullopt}}};
}

Message user() { return {Role::User, {{Text{"go on"}, std::nullopt}}}; }

// The ids of all calls and results, in order.
std::vector<std::string> ids_after_fit(std::vector<Message> messages, Dialect to) {
  Request request;
  request.messages = std::move(messages);
  fit_call_ids(request, to);
  std::vector<std::string> ids;
  for (const Message& message : request.messages) {
    for (const Part& part : message.parts) {
      if (const auto* call = as<ToolCall>(part)) ids.push_back(call->id);
      if (const auto* answer = as<ToolResult>(part)) ids.push_back(answer->call_id);
    }
  }
  return ids;
}

}  // namespace

TEST_SUITE("protocol/canonical/call_ids") {
  TEST_CASE("an id that the provider takes is left alone, another one is replaced") {
    const std::string long_id(41, 'x');
    const std::string very_long_id(65, 'x');
    struct Row {
      std::string id;
      Dialect to;
      std::string want;
    };
    for (const Row& row :
         {Row{"call_1", Dialect::Messages, "call_1"}, Row{"toolu_A-b", Dialect::Chat, "toolu_A-b"},
          Row{very_long_id, Dialect::Messages, very_long_id},
          Row{"call:1.é", Dialect::Messages, "call_1___" + sha256_hex("call:1.é").substr(0, 8)},
          Row{std::string(40, 'x'), Dialect::Chat, std::string(40, 'x')},
          Row{"a:b", Dialect::Chat, "a:b"}, Row{long_id, Dialect::Chat, "call_" + sha256_hex(long_id).substr(0, 32)},
          Row{std::string(64, 'x'), Dialect::Responses, std::string(64, 'x')},
          Row{very_long_id, Dialect::Responses, "call_" + sha256_hex(very_long_id).substr(0, 32)},
          Row{very_long_id, Dialect::Gemini, very_long_id}}) {
      CAPTURE(row.id);
      CHECK(fit_call_id(row.id, row.to) == row.want);
      CHECK(fit_call_id(row.want, row.to) == row.want);
    }
  }

  TEST_CASE("call and result get the same id") {
    const std::vector<std::string> ids = ids_after_fit({calls({{"a b", "f"}}), result("a b")}, Dialect::Messages);
    CHECK(ids == std::vector<std::string>(2, "a_b_" + sha256_hex("a b").substr(0, 8)));
  }

  TEST_CASE("calls without ids get ones that stay the same while the conversation grows") {
    std::vector<Message> messages = {calls({{"", "f"}, {"", "f"}}), result(""), result("")};
    const std::vector<std::string> before = ids_after_fit(messages, Dialect::Messages);
    messages.push_back(calls({{"", "f"}}));
    const std::vector<std::string> after = ids_after_fit(messages, Dialect::Messages);
    CHECK(starts_with(before[0], "toolu_"));
    CHECK(std::set<std::string>(after.begin(), after.end()).size() == 3);
    CHECK(std::vector<std::string>(after.begin(), after.begin() + 4) == before);
    CHECK(starts_with(ids_after_fit(messages, Dialect::Chat)[0], "call_"));
  }

  TEST_CASE("results without ids take those of open calls") {
    struct Row {
      const char* name;
      std::vector<Message> messages;
      std::vector<std::string> want;
    };
    const std::vector<Row> rows = {
        {"in their order", {calls({{"a", "f"}, {"b", "g"}}), result(""), result("")}, {"a", "b", "a", "b"}},
        {"of neighbouring messages, too",
         {calls({{"a", "f"}}), calls({{"b", "g"}}), result(""), result("")},
         {"a", "b", "a", "b"}},
        {"not of one that has its result",
         {calls({{"a", "f"}, {"b", "g"}}), result(""), result("a")},
         {"a", "b", "b", "a"}},
        {"of the latest turn",
         {calls({{"a", "f"}, {"b", "f"}}), result("b"), calls({{"c", "f"}}), user(), result("")},
         {"a", "b", "b", "c", "c"}},
        {"by name: the latest call of that name",
         {calls({{"a", "f"}}), result("a"), calls({{"b", "f"}, {"c", "g"}}), result("", "f")},
         {"a", "a", "b", "c", "b"}},
        {"by name: one that is older where the latest has its result",
         {calls({{"a", "f"}}), user(), calls({{"b", "f"}}), result("b"), result("", "f")},
         {"a", "b", "b", "a"}},
        {"none is left", {calls({{"a", "f"}}), result(""), result(""), result("", "g")}, {"a", "a", "", ""}},
        {"none was made", {result("")}, {""}},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(ids_after_fit(row.messages, Dialect::Messages) == row.want);
    }
  }

  TEST_CASE("new ids have the client's prefix and differ") {
    CHECK(starts_with(make_call_id(Dialect::Messages), "toolu_"));
    CHECK(make_call_id(Dialect::Messages).size() == 30);
    for (const Dialect client : {Dialect::Chat, Dialect::Responses}) {
      CHECK(starts_with(make_call_id(client), "call_"));
      CHECK(make_call_id(client).size() == 29);
    }
    CHECK(make_call_id(Dialect::Chat) != make_call_id(Dialect::Chat));
  }
}

}  // namespace aigw::protocol::canonical
