// Tool calls as Chat providers stream them: when the name of one is whole, and what its pieces say (protocols.md §9.2
// rules 3 to 6).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/canonical/answer.h"
#include "protocol/call_pieces.h"
#include "protocol/json_tree.h"

namespace aigw::protocol::chat {

// The calls of one choice. A call is told to the sink when its first argument comes, or whatever else comes behind it:
// until then its name may still grow. Holds names and ids, and arguments only of a call without a name.
class CallDecoder {
 public:
  explicit CallDecoder(std::size_t choice) : choice_(choice) {}

  // An element of `delta.tool_calls`.
  void add_piece(const Json& piece, canonical::EventSink& sink);
  // An element of a whole message's `tool_calls`: a call for itself, whatever its index says.
  void add_whole(const Json& call, canonical::EventSink& sink);
  // `function_call` of the legacy API, which knows one call.
  void add_function(const Json& function, canonical::EventSink& sink);

  // Something else than a piece of a call follows.
  void begin_named(canonical::EventSink& sink);
  // Ends all calls. False: a call is unusable, having arguments but no name, or there are too many.
  bool finish(canonical::EventSink& sink);

 private:
  struct Call {
    std::string id;
    std::string name;
    std::string waiting;  // arguments that came before the name
    std::string google_signature;
    bool custom = false;
    std::optional<std::size_t> number;  // since it was told
  };

  Call* call_at(std::optional<std::size_t> number, canonical::EventSink& sink);
  void add_to(Call& call, const Json& piece, canonical::EventSink& sink);
  void add_callee(Call& call, const Json& callee, canonical::EventSink& sink);
  void add_arguments(Call& call, std::string_view arguments, canonical::EventSink& sink);
  void tell(Call& call, canonical::EventSink& sink);
  void emit(canonical::EventSink& sink, decltype(canonical::Event::what) what) const;

  const std::size_t choice_;
  CallPieces pieces_;
  std::deque<Call> calls_;  // in the order of their first pieces
  std::optional<std::size_t> function_call_;  // the number of the legacy API's call
  std::size_t told_ = 0;
  bool too_many_ = false;
};

}  // namespace aigw::protocol::chat
