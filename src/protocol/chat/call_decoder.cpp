#include "protocol/chat/call_decoder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/json_read.h"

namespace aigw::protocol::chat {

using canonical::EventSink;

void CallDecoder::add_piece(const Json& piece, EventSink& sink) {
  if (!piece.is_object()) return;
  if (Call* const call = call_at(pieces_.place(piece), sink)) add_to(*call, piece, sink);
}

void CallDecoder::add_whole(const Json& call, EventSink& sink) {
  if (!call.is_object()) return;
  if (Call* const begun = call_at(pieces_.begin(), sink)) add_to(*begun, call, sink);
}

void CallDecoder::add_function(const Json& function, EventSink& sink) {
  if (function.empty()) return;
  if (!function_call_) function_call_ = pieces_.begin();
  if (Call* const call = call_at(function_call_, sink)) add_callee(*call, function, sink);
}

// The call of that number, which may be the next one; null where there are too many.
CallDecoder::Call* CallDecoder::call_at(std::optional<std::size_t> number, EventSink& sink) {
  too_many_ = too_many_ || !number;
  if (too_many_) return nullptr;
  if (*number < calls_.size()) return &calls_[*number];
  begin_named(sink);
  return &calls_.emplace_back();
}

void CallDecoder::add_to(Call& call, const Json& piece, EventSink& sink) {
  if (call.id.empty()) call.id = text_of(piece, "id");
  call.custom = call.custom || is_custom_call(piece);
  if (call.google_signature.empty()) {
    call.google_signature = text_of(members_of(members_of(piece, "extra_content"), "google"), "thought_signature");
  }
  add_callee(call, callee_of(piece), sink);
}

void CallDecoder::add_callee(Call& call, const Json& callee, EventSink& sink) {
  const std::string_view name = text_of(callee, "name");
  // A name that is repeated says nothing new; another text is the next piece of it.
  if (!call.number && name != call.name) call.name += name;
  add_arguments(call, input_of(callee), sink);
}

void CallDecoder::add_arguments(Call& call, std::string_view arguments, EventSink& sink) {
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
