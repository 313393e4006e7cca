// The items of a provider's response as canonical events, whether they come in pieces, whole, or both: what was told
// once is not told again (protocols.md §10.6).
//
// Not thread-safe; one object per answer. Holds a few numbers for each item, and no text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical/answer.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::responses {

class OutputReader {
 public:
  // Whom the calls below tell their events; to be set anew before each of them.
  void write_to(canonical::EventSink& sink) { sink_ = &sink; }

  void begin(const Json& response);
  bool begun() const { return begun_; }

  // An event about an item or a part of it; others are skipped. Precondition: not full.
  void take(std::string_view type, const Json& event);

  // More items came than an answer can have: it has failed.
  bool is_full() const;
  void fail_full();

  // The end, by a response that is completed or incomplete: fills in what is still missing. Fails one with too many
  // items.
  void end(const Json& response);

 private:
  enum class Kind { Message, Reasoning, Call, Other };
  struct Part {
    std::size_t bytes = 0;  // that were told
    std::size_t annotations = 0;
    std::optional<std::int64_t> begin;  // of its text in the whole answer's, in characters
  };
  struct Item {
    Kind kind = Kind::Other;
    std::string id;
    std::optional<std::int64_t> index;
    std::map<std::int64_t, Part> parts;
    // Reasoning
    std::string_view form;  // `summary` or `content`: only one of them counts
    bool ended = false;     // a call, too
    // Call
    std::size_t call = 0;
    std::string call_id;
  };

  // Of one kind, at the end.
  struct OfKind {
    std::vector<Item*> streamed;
    std::size_t final = 0;  // in the final output
    std::size_t seen = 0;   // of these, so far
  };

  static Kind kind_of(const Json& item);

  void take_item(const Json& event, bool is_done);
  void take_text(const Json& event, std::string_view member);
  void take_refusal(const Json& event, std::string_view member);
  void take_reasoning(const Json& event, std::string_view form, std::string_view member);
  void take_arguments(const Json& event, std::string_view member);
  void take_annotation(const Json& event);

  Item* find(Kind kind, std::string_view id, std::optional<std::int64_t> index);
  Item& find_or_add(Kind kind, const Json& event);
  Item* find_final(const Json& whole, std::size_t position, const OfKind& of_kind);
  Item& add(Kind kind, std::string_view id, std::optional<std::int64_t> index);
  // Null for a call without a name.
  Item* add_whole(const Json& whole, std::optional<std::int64_t> index);

  void fill_all(const Json& output);
  // Tells what of the whole item was not told.
  void fill(Item& item, const Json& whole);
  void fill_part(Part& told, const Json& part);
  void fill_reasoning(Item& item, const Json& whole);
  void add_reasoning(Item& item, std::int64_t number, std::string_view text);
  void fill_arguments(Item& item, std::string_view whole);
  void tell_text(Part& part, std::string_view text, const Json& logprobs);
  void annotate(const Part& part, const Json& annotation);
  void close(Item& item, std::string_view encrypted);
  // What of `whole` is behind the part's bytes, which it then includes.
  static std::string_view rest_of(Part& part, std::string_view whole);

  canonical::Finish finish_of(const Json& response) const;

  void emit(const canonical::Event& event) { sink_->take(event); }

  canonical::EventSink* sink_ = nullptr;
  bool begun_ = false;
  bool refused_ = false;
  std::size_t calls_ = 0;
  std::int64_t text_length_ = 0;  // of the whole answer's text so far, in characters
  std::deque<Item> items_;  // in order of appearance
};

}  // namespace aigw::protocol::responses
