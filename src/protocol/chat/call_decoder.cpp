#include "protocol/chat/call_decoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/json_read.h"

namespace aigw::protocol::chat {
namespace {

using canonical::EventSink;

constexpr std::size_t kCallsMax = 1024;  // in one choice; no model means more

bool is_custom(const Json& piece) { return text_of(piece, "type") == "custom" || has_member(piece, "custom"); }

const Json& callee_of(const Json& piece) { return members_of(piece, is_custom(piece) ? "custom" : "function"); }

// What a callee brings as arguments. Some servers send the tree itself.
std::string input_of(const Json& callee) {
  for (const char* name : {"arguments", "input"}) {
    const Json* const input = find_member(callee, name);
    if (input == nullptr || input->is_null()) continue;
    return input->is_string() ? input->get<std::string>() : dump(*input);
  }
  return "";
}

// The last of `calls` for which `is_it` holds, or null.
template <typename Calls, typename Predicate>
auto* find_last(Calls& calls, Predicate is_it) {
  const auto found = std::find_if(calls.rbegin(), calls.rend(), is_it);
  return found == calls.rend() ? nullptr : &*found;
}

}  // namespace

void CallDecoder::add_piece(const Json& piece, EventSink& sink) {
  if (!piece.is_object()) return;
  Call* call = call_of(piece);
  if (call == nullptr) {
    call = begin_call(sink);
    if (call == nullptr) return;
    call->index = integer_of(piece, "index");
  }
  if (call->id.empty()) call->id = text_of(piece, "id");
  call->custom = call->custom || is_custom(piece);
  if (call->google_signature.empty()) {
    call->google_signature = text_of(members_of(members_of(piece, "extra_content"), "google"), "thought_signature");
  }
  add_callee(*call, callee_of(piece), sink);
}

void CallDecoder::add_whole(const Json& call, EventSink& sink) {
  if (!call.is_object() || begin_call(sink) == nullptr) return;
  Json piece = call;
  // An index of its own makes it the call that was just begun.
  calls_.back().index = -static_cast<std::int64_t>(calls_.size());
  piece["index"] = *calls_.back().index;
  add_piece(piece, sink);
}

void CallDecoder::add_function(const Json& function, EventSink& sink) {
  if (function.empty()) return;
  Call* call = find_last(calls_, [](const Call& candidate) { return candidate.is_function_call; });
  if (call == nullptr) call = begin_call(sink);
  if (call == nullptr) return;
  call->is_function_call = true;
  add_callee(*call, function, sink);
}

// The call that a piece belongs to, null for a new one. Calls are told apart by index, and where servers leave that
// out or repeat it, by id and name.
CallDecoder::Call* CallDecoder::call_of(const Json& piece) {
  const std::string_view id = text_of(piece, "id");
  const Json& callee = callee_of(piece);
  const bool has_name = !text_of(callee, "name").empty();
  const std::optional<std::int64_t> index = integer_of(piece, "index");
  const auto has_id = [&](const Call& call) { return !id.empty() && call.id == id; };
  if (index) {
    const auto has_index = [&](const Call& call) { return call.index == index; };
    if (Call* same = find_last(calls_, [&](const Call& call) { return has_index(call) && has_id(call); })) return same;
    Call* const latest = find_last(calls_, has_index);
    if (latest == nullptr) return nullptr;
    // Behind finished arguments nothing of the same call can follow.
    const bool is_other = id.empty() ? has_name && latest->scan.complete() && !input_of(callee).empty()
                                     : has_name && !latest->id.empty();
    return is_other ? nullptr : latest;
  }
  if (calls_.empty()) return nullptr;
  if (Call* same = find_last(calls_, has_id)) return same;
  Call& latest = calls_.back();
  const bool is_other = id.empty() ? has_name && latest.scan.complete() : !latest.id.empty() || latest.scan.complete();
  return is_other ? nullptr : &latest;
}

CallDecoder::Call* CallDecoder::begin_call(EventSink& sink) {
  begin_named(sink);
  too_many_ = too_many_ || calls_.size() >= kCallsMax;
  return too_many_ ? nullptr : &calls_.emplace_back();
}

void CallDecoder::add_callee(Call& call, const Json& callee, EventSink& sink) {
  const std::string_view name = text_of(callee, "name");
  // A name that is repeated says nothing new; another text is the next piece of it.
  const bool may_grow = !call.number && (call.name.empty() || !call.scan.begun());
  if (may_grow && name != call.name) call.name += name;
  add_arguments(call, input_of(callee), sink);
}

void CallDecoder::add_arguments(Call& call, std::string_view arguments, EventSink& sink) {
  call.scan.feed(arguments);
  if (!call.number) {
    call.waiting += arguments;
    if (call.name.empty() || call.waiting.empty()) return;
    begin_named(sink);
  } else if (!arguments.empty()) {
    emit(sink, canonical::CallDelta{*call.number, arguments});
  }
}

void CallDecoder::begin_named(EventSink& sink) {
  for (Call& call : calls_) {
    if (!call.number && !call.name.empty()) tell(call, sink);
  }
}

void CallDecoder::tell(Call& call, EventSink& sink) {
  call.number = told_++;
  emit(sink, canonical::CallBegin{*call.number, call.id, call.name, call.custom, call.google_signature});
  const std::string waiting = std::move(call.waiting);
  if (!waiting.empty()) emit(sink, canonical::CallDelta{*call.number, waiting});
}

bool CallDecoder::finish(EventSink& sink) {
  begin_named(sink);
  bool usable = !too_many_;
  for (const Call& call : calls_) {
    if (call.number) emit(sink, canonical::CallEnd{*call.number});
    usable = usable && (call.number || call.waiting.empty());
  }
  return usable;
}

void CallDecoder::emit(EventSink& sink, decltype(canonical::Event::what) what) const {
  sink.take({std::move(what), choice_});
}

}  // namespace aigw::protocol::chat
