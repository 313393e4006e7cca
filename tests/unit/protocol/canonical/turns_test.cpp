#include "protocol/canonical/turns.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "protocol/canonical/turn_script.h"

namespace aigw::protocol::canonical {
namespace {

struct Row {
  const char* script;
  const char* want;
};

std::string repaired(std::string_view script, Dialect to, bool mid_system = false) {
  Request request;
  request.messages = read_script(script);
  config::Capabilities can;
  can.mid_system = mid_system;
  repair_turns(request, to, can);
  return write_script(request.messages);
}

// ---- the laws of protocols.md §3.1 ----

std::vector<std::string> calls_of(const Message& message) {
  std::vector<std::string> ids;
  for (const Part& part : message.parts) {
    if (const auto* call = as<ToolCall>(part)) ids.push_back(call->id);
  }
  return ids;
}

std::vector<std::string> results_of(const Message& message) {
  std::vector<std::string> ids;
  for (const Part& part : message.parts) {
    if (const auto* result = as<ToolResult>(part)) ids.push_back(result->call_id);
  }
  return ids;
}

// What is wrong with the order of calls and results; "" if nothing.
std::string fault_of_calls(const std::vector<Message>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::vector<std::string> calls = calls_of(messages[i]);
    const bool is_last = i + 1 == messages.size();
    if (!calls.empty() && !is_last && results_of(messages[i + 1]) != calls) return "calls are not answered at once";
    if (messages[i].role == Role::Tool && (i == 0 || calls_of(messages[i - 1]).empty())) return "results of no calls";
  }
  return "";
}

// What is wrong with roles and parts towards Messages and Gemini.
std::string fault_of_roles(const std::vector<Message>& messages, Dialect to) {
  auto message = std::find_if(messages.begin(), messages.end(),
                              [](const Message& one) { return one.role != Role::System; });
  if (message == messages.end() || message->role != Role::User) return "the first message is not a user's";
  for (; message != messages.end(); ++message) {
    if (message->role == Role::System) return "a system message stands behind others";
    if (message->parts.empty()) return "a message without content";
    for (const Part& part : message->parts) {
      if (as<Text>(part) != nullptr && trim(as<Text>(part)->text).empty()) return "blank text";
    }
    const auto next = std::next(message);
    if (next != messages.end() && message->role == Role::User && next->role == Role::User) return "neighbouring users";
    const auto first_call = std::find_if(message->parts.begin(), message->parts.end(),
                                         [](const Part& part) { return as<ToolCall>(part) != nullptr; });
    const bool calls_last = std::all_of(first_call, message->parts.end(),
                                        [](const Part& part) { return as<ToolCall>(part) != nullptr; });
    if (to == Dialect::Messages && !calls_last) return "something stands behind a call";
  }
  return "";
}

// Between which results stood: without these, nothing tells a second repair of the border.
bool has_neighbouring_assistants(const std::vector<Message>& messages) {
  const auto both = [](const Message& a, const Message& b) {
    return a.role == Role::Assistant && b.role == Role::Assistant;
  };
  return std::adjacent_find(messages.begin(), messages.end(), both) != messages.end();
}

// What a conversation must not lose, whatever happens to its order: the words of all but tools, and the calls.
std::multiset<std::string> words_of(const std::vector<Message>& messages) {
  std::multiset<std::string> words;
  for (const Message& message : messages) {
    for (const Part& part : message.parts) {
      if (as<ToolCall>(part) != nullptr) words.insert("call");
      if (const auto* text = as<Text>(part)) {
        // A word is `w` and two digits.
        for (std::size_t at = text->text.find("w"); at != std::string::npos; at = text->text.find("w", at + 1)) {
          words.insert(text->text.substr(at, 3));
        }
      }
    }
  }
  return words;
}

// A conversation as it should never be: roles, ids and blanks at random.
std::vector<Message> random_messages(std::mt19937& random) {
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto text = [&](const char* kind) {
    return below(4) == 0 ? std::string("_") : kind + std::to_string(10 + below(90));
  };
  const auto id = [&] { return std::string(1, static_cast<char>('a' + below(5))); };
  std::string script;
  const unsigned count = below(9);
  for (unsigned i = 0; i < count; ++i) {
    const char role = "uuaaattts"[below(9)];
    script += std::string(" | ") + role;
    char separator = ':';
    const unsigned parts = below(4);
    for (unsigned j = 0; j < parts; ++j) {
      script += std::exchange(separator, ',');
      if (role == 't') {
        script += id() + "=" + text("r");
      } else {
        script += role == 'a' && below(2) == 0 ? "#" + id() : text("w");
      }
    }
  }
  return read_script(script);
}

}  // namespace

TEST_SUITE("protocol/canonical/turns") {
  TEST_CASE("results come to their calls, in the order of the calls") {
    for (const Row& row :
         {Row{"u:q | a:#1,#2 | t:2=b | t:1=a | u:x", "u:q | a:#1,#2 | t:1=a,2=b | u:x"},
          Row{"u:q | a:#1 | u:wait | t:1=a", "u:q | a:#1 | t:1=a | u:wait"},
          Row{"u:q | a:#1 | t:1=a | t:1=b | u:x", "u:q | a:#1 | t:1=a | u:x"},
          Row{"u:q | a:#1 | t:1=", "u:q | a:#1 | t:1="},
          Row{"u:q | a:#1,#2 | t:2=b", "u:q | a:#1,#2 | t:1=!,2=b"},
          Row{"u:q | a:#1 | u:x", "u:q | a:#1 | t:1=! | u:x"}, Row{"u:q | a:#1", "u:q | a:#1"},
          Row{"u:q | a:#1 | a:#2", "u:q | a:#1,#2"},
          Row{"u:q | a:#1 | a:#2 | t:1=a | t:2=b | u:x", "u:q | a:#1,#2 | t:1=a,2=b | u:x"},
          Row{"u:q | a:#1 | a:#2 | u:x", "u:q | a:#1,#2 | t:1=!,2=! | u:x"},
          Row{"u:q | a:#1 | t:1=a | a:#1 | t:1=b", "u:q | a:#1 | t:1=a | a:#1 | t:1=b"},
          Row{"u:q | a:#1,#1 | t:1=a | t:1=b", "u:q | a:#1,#1 | t:1=a,1=b"},
          Row{"u:q | a:no | t:7=a", "u:q | a:no | u:Tool_result_(7):_a"},
          Row{"u:q | t:1=a | a:#1 | u:x", "u:q | u:Tool_result_(1):_a | a:#1 | t:1=! | u:x"},
          Row{"u:q | a:#1 | t:7=o,1=a", "u:q | a:#1 | t:1=a | u:Tool_result_(7):_o"}}) {
      CAPTURE(row.script);
      CHECK(repaired(row.script, Dialect::Chat) == row.want);
    }
  }

  TEST_CASE("results are a border between assistant turns, even where they had to move") {
    const char* script = "u:q | a:#1 | u:wait | a:yes | t:1=a | a:done";
    const char* want = "u:q | a:#1 | t:1=a | u:wait | a:yes | a:done";
    for (const Dialect to : {Dialect::Chat, Dialect::Messages, Dialect::Gemini}) CHECK(repaired(script, to) == want);
    CHECK(repaired("u:q | a:yes | t:7=a | u:_ | a:done", Dialect::Messages) ==
          "u:q | a:yes | u:Tool_result_(7):_a | a:done");
    CHECK(repaired("u:q | a:#1 | t:1=a | a:yes | t:1=b | u:_ | a:done", Dialect::Messages) ==
          "u:q | a:#1 | t:1=a | a:yes | a:done");
  }

  TEST_CASE("Chat keeps its messages, roles and blanks") {
    for (const Row& row : {Row{"a:hi | s:now | u:_ | u:x", "a:hi | s:now | u:_ | u:x"}, Row{"", ""},
                           Row{"u:q | a:b | a:c | u:x", "u:q | a:b,c | u:x"},
                           Row{"u:q | a:#1 | s:now | t:1=a", "u:q | a:#1 | t:1=a | s:now"},
                           Row{"u:q | a:#1,b | t:1=a", "u:q | a:#1,b | t:1=a"}}) {
      CAPTURE(row.script);
      CHECK(repaired(row.script, Dialect::Chat) == row.want);
    }
  }

  TEST_CASE("Responses takes any order") {
    const char* script = "a:_ | t:1=a | s:x | a:#1 | u:x";
    CHECK(repaired(script, Dialect::Responses) == script);
  }

  TEST_CASE("Messages and Gemini begin with a user, alternate, and have no blank text") {
    for (const Row& row :
         {Row{"u:a | u:b | a:c | a:d", "u:a,b | a:c,d"}, Row{"a:hi | u:x", "u:(start_of_conversation) | a:hi | u:x"},
          Row{"s:be | s:nice", "s:be | s:nice | u:(start_of_conversation)"},
          Row{"s:be | a:hi", "s:be | u:(start_of_conversation) | a:hi"}, Row{"", "u:(start_of_conversation)"},
          Row{"u:a | a:__ | u:b", "u:a,b"}, Row{"u:a,_ | a:x, ,y", "u:a | a:x,y"},
          Row{"u:_ | a:hi", "u:(start_of_conversation) | a:hi"}, Row{"s:_ | s:be,_ | u:x", "s:be | u:x"},
          Row{"u:q | a:#1 | t:1=_ | u:_", "u:q | a:#1 | t:1= "}, Row{"u:q | a:#1 | u:_", "u:q | a:#1 | t:1=!"},
          Row{"u:q | a:#1 | u:x | t:1=a | u:y", "u:q | a:#1 | t:1=a | u:x,y"}}) {
      CAPTURE(row.script);
      CHECK(repaired(row.script, Dialect::Messages) == row.want);
      CHECK(repaired(row.script, Dialect::Gemini) == row.want);
    }
  }

  TEST_CASE("towards Messages thinking comes first in a turn, and calls last") {
    CHECK(repaired("u:q | a:x,#1,y,~p,#2 | t:1=a | t:2=b", Dialect::Messages) == "u:q | a:~p,x,y,#1,#2 | t:1=a,2=b");
    CHECK(repaired("u:q | a:x,#1,y,~~p | t:1=a", Dialect::Gemini) == "u:q | a:x,#1,y,~~p | t:1=a");
  }

  TEST_CASE("reasoning that the target does not take back leaves no empty turn") {
    CHECK(repaired("u:a | a:~~p | u:b", Dialect::Messages) == "u:a,b");
    CHECK(repaired("u:a | a:~gw1.x | u:b", Dialect::Messages) == "u:a,b");
    CHECK(repaired("u:a | a:~ | u:b", Dialect::Messages) == "u:a,b");
    CHECK(repaired("u:a | a:~p | u:b", Dialect::Messages) == "u:a | a:~p | u:b");
    CHECK(repaired("u:a | a:~p | u:b", Dialect::Gemini) == "u:a,b");
    CHECK(repaired("u:a | a:~~p | u:b", Dialect::Gemini) == "u:a,b");
    CHECK(repaired("u:a | a:~~p,x | u:b", Dialect::Gemini) == "u:a | a:~~p,x | u:b");
  }

  TEST_CASE("a later system message is a user's text at its place, or stays where the model takes it") {
    struct SystemRow {
      const char* script;
      const char* wrapped;
      const char* kept;
    };
    for (const SystemRow& row : {
             SystemRow{"s:be | u:q | s:x | a:b", "s:be | u:q,<system>x</system> | a:b", "s:be | u:q | s:x | a:b"},
             SystemRow{"u:q | s:x", "u:q,<system>x</system>", "u:q | s:x"},
             SystemRow{"u:q | s:x | s:y,z | a:b", "u:q,<system>x</system>,<system>y\nz</system> | a:b",
                       "u:q | s:x,y,z | a:b"},
             SystemRow{"u:q | s:x | u:r", "u:q,<system>x</system>,r", "u:q,<system>x</system>,r"},
             SystemRow{"u:q | s:x | u:_ | a:b", "u:q,<system>x</system> | a:b", "u:q | s:x | a:b"},
             SystemRow{"u:q | a:b | s:x", "u:q | a:b | u:<system>x</system>", "u:q | a:b | u:<system>x</system>"},
             SystemRow{"a:b | s:x | a:c", "u:(start_of_conversation) | a:b | u:<system>x</system> | a:c",
                       "u:(start_of_conversation) | a:b | u:<system>x</system> | a:c"},
             SystemRow{"u:q | a:#1 | s:x | t:1=r | a:c", "u:q | a:#1 | t:1=r | u:<system>x</system> | a:c",
                       "u:q | a:#1 | t:1=r | s:x | a:c"},
             SystemRow{"u:q | a:b | s:x | u:r | s:y | a:c",
                       "u:q | a:b | u:<system>x</system>,r,<system>y</system> | a:c",
                       "u:q | a:b | u:<system>x</system>,r | s:y | a:c"},
             SystemRow{"u:q | s:_ | a:b", "u:q | a:b", "u:q | a:b"},
         }) {
      CAPTURE(row.script);
      CHECK(repaired(row.script, Dialect::Messages) == row.wrapped);
      CHECK(repaired(row.script, Dialect::Gemini, true) == row.wrapped);
      CHECK(repaired(row.script, Dialect::Messages, true) == row.kept);
    }
  }

  TEST_CASE("marks for a cache move with their parts") {
    Request request;
    request.messages = read_script("u:q | a:#1 | u:x | t:1=a | t:7=o | s:now | u:y");
    request.messages[3].parts[0].cache = CacheMark{"5m"};
    request.messages[4].parts[0].cache = CacheMark{"1h"};
    request.messages[5].parts[0].cache = CacheMark{""};
    repair_turns(request, Dialect::Messages, {});
    REQUIRE(write_script(request.messages) ==
            "u:q | a:#1 | t:1=a | u:x,Tool_result_(7):_o,<system>now</system>,y");
    CHECK(request.messages[2].parts[0].cache->ttl == "5m");
    CHECK(!request.messages[3].parts[0].cache);
    CHECK(request.messages[3].parts[1].cache->ttl == "1h");
    CHECK(request.messages[3].parts[2].cache->ttl.empty());
    CHECK(!request.messages[3].parts[3].cache);
  }

  TEST_CASE("media of a result without a call stay behind its text") {
    Request request;
    request.messages = read_script("u:q | t:7=a");
    ToolResult& result = *as<ToolResult>(request.messages[1].parts[0]);
    result.content.push_back({Media{}, std::nullopt});
    result.content.push_back({Text{"b"}, std::nullopt});
    repair_turns(request, Dialect::Gemini, {});
    REQUIRE(request.messages.size() == 1);
    REQUIRE(request.messages[0].parts.size() == 3);
    CHECK(as<Text>(request.messages[0].parts[1])->text == "Tool result (7): a\nb");
    CHECK(as<Media>(request.messages[0].parts[2]) != nullptr);
  }

  TEST_CASE("any sequence of messages comes out in order and whole, and a second repair changes nothing") {
    std::mt19937 random(4711);
    for (int round = 0; round < 3000; ++round) {
      const std::vector<Message> messages = random_messages(random);
      CAPTURE(write_script(messages));
      for (const Dialect to : {Dialect::Chat, Dialect::Messages, Dialect::Gemini}) {
        CAPTURE(static_cast<int>(to));
        Request request;
        request.messages = messages;
        repair_turns(request, to, {});
        CHECK(fault_of_calls(request.messages) == "");
        if (to != Dialect::Chat) CHECK(fault_of_roles(request.messages, to) == "");
        CHECK(words_of(request.messages) == words_of(messages));
        const std::string once = write_script(request.messages);
        const bool has_neighbours = has_neighbouring_assistants(request.messages);
        repair_turns(request, to, {});
        if (!has_neighbours) CHECK(write_script(request.messages) == once);
      }
    }
  }
}

}  // namespace aigw::protocol::canonical
