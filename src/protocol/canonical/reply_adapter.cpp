#include "protocol/canonical/reply_adapter.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/canonical/arguments.h"
#include "protocol/canonical/fence.h"
#include "protocol/canonical/stop_search.h"
#include "protocol/json_read.h"

namespace aigw::protocol::canonical {
namespace {

// Bytes of text in front of the reserved tool's call that are held back, as they are left out if it is called.
constexpr std::size_t kPreambleMax = 4096;

bool is_natural_end(FinishReason reason) {
  switch (reason) {
    case FinishReason::Stop:
    case FinishReason::StopSequence:
    case FinishReason::Pause:
    case FinishReason::Unknown: return true;
    default: return false;
  }
}

// Whether the event belongs to one of the answers, and not to all.
bool is_of_choice(const Event& event) {
  return std::visit(Overloaded{[](const Begin&) { return false; }, [](const UsageReport&) { return false; },
                               [](const End&) { return false; }, [](const Failed&) { return false; },
                               [](const auto&) { return true; }},
                    event.what);
}

// What the model wrote for a custom tool, out of the object around it.
std::string custom_input(const std::string& arguments) {
  const Json object = completed_arguments(arguments);
  const Json* const input = find_member(object, "input");
  return input != nullptr && input->is_string() ? input->get<std::string>() : arguments;
}

// The answer as JSON text, out of the object around it.
std::string json_value(const std::string& arguments) {
  const Json object = completed_arguments(arguments);
  const Json* const value = find_member(object, "value");
  return dump(value == nullptr ? object : *value);
}

// One of `n` answers. Rules and sink are the adapter's.
class Choice {
 public:
  Choice(const ReplyRules& rules, std::size_t index, EventSink& out)
      : rules_(rules),
        index_(index),
        out_(out),
        text_as_is_(!rules.json_tool && !rules.strip_fence && rules.stop.empty()),
        fence_(rules.streams ? Fence::Mode::Stream : Fence::Mode::Whole),
        stops_(rules.stop) {}

  // Whether a stop sequence ended it; then it takes nothing more.
  bool stopped() const { return stopped_; }
  std::size_t held_bytes() const { return held_bytes_; }
  bool ended() const { return stopped_ || finished_; }

  void take(const Event& event) {
    if (stopped_) return;
    std::visit(Overloaded{[&](const TextDelta& delta) { text(delta); },
                          [&](const CallBegin& begin) { begin_call(begin); },
                          [&](const CallDelta& delta) { extend_call(delta); },
                          [&](const CallEnd& end) { end_call(end); },
                          [&](const Finish& end) { finish(end); },
                          [&](const Annotations&) { out_.take(event); },
                          [&](const auto&) {
                            end_text();
                            if (!stopped_) out_.take(event);
                          }},
               event.what);
  }

 private:
  enum class CallKind {
    Plain,
    Custom,       // JSON around a text, which a custom call's arguments are
    Json,         // the reserved tool: the arguments are the answer's text
    JsonWrapped,  // …, with an object around them
    Ignored,      // the reserved tool, called again: two values are no JSON text
  };

  struct Call {
    CallKind kind = CallKind::Plain;
    std::size_t number = 0;  // for the client
    std::string held;        // arguments of Custom and JsonWrapped
    bool has_arguments = false;
  };

  template <typename What>
  void send(What what) {
    out_.take({std::move(what), index_});
  }

  // ---- text ----

  void text(const TextDelta& delta) {
    if (text_as_is_) return send(delta);
    if (!rules_.json_tool) return filter(delta.text, delta.logprobs);
    if (json_called_) return;
    if (preamble_passed_) return filter(delta.text, delta.logprobs);
    preamble_.append(delta.text);
    if (preamble_.size() <= kPreambleMax) return;
    preamble_passed_ = true;
    filter(std::exchange(preamble_, {}), delta.logprobs);
  }

  void filter(std::string_view piece, const Json* logprobs) {
    if (!rules_.strip_fence) return search(piece, logprobs);
    search(fence_.feed(piece), logprobs);
  }

  void search(std::string_view piece, const Json* logprobs) {
    if (rules_.stop.empty()) return send_text(piece, logprobs);
    const StopSearch::Found found = stops_.feed(piece);
    send_text(found.text, logprobs);
    if (found.sequence) stop(*found.sequence);
  }

  // Log probabilities of text that is held back go ahead of it: they have an order, but no place in the text.
  void send_text(std::string_view piece, const Json* logprobs) {
    if (!piece.empty() || logprobs != nullptr) send(TextDelta{piece, logprobs});
  }

  // What is held back of the text so far gets to the client before what comes now.
  void end_text() {
    if (text_as_is_ || stopped_) return;
    filter(std::exchange(preamble_, {}), nullptr);
    if (!stopped_ && rules_.strip_fence) search(fence_.finish(), nullptr);
    if (!stopped_) send_text(stops_.finish(), nullptr);
  }

  void stop(const std::string& sequence) {
    stopped_ = true;
    send(settled({FinishReason::StopSequence, {}, sequence, {}}));
  }

  // ---- calls ----

  void begin_call(const CallBegin& begin) {
    if (rules_.json_tool && begin.name == kJsonTool) return begin_json(calls_[begin.call]);
    end_text();
    if (stopped_) return;
    const auto alias = rules_.tool_names.find(std::string(begin.name));
    CallBegin renamed = begin;
    if (alias != rules_.tool_names.end()) renamed.name = alias->second;
    Call& call = calls_[begin.call];
    call.number = renamed.call = calls_sent_++;
    if (!begin.custom && rules_.custom_tools.count(std::string(renamed.name)) != 0) {
      call.kind = CallKind::Custom;
      renamed.custom = true;
    }
    send(renamed);
  }

  void begin_json(Call& call) {
    preamble_.clear();
    call.kind = json_called_               ? CallKind::Ignored
                : rules_.json_tool_wrapped ? CallKind::JsonWrapped
                                           : CallKind::Json;
    json_called_ = true;
  }

  void extend_call(const CallDelta& delta) {
    const auto found = calls_.find(delta.call);
    if (found == calls_.end()) return;
    Call& call = found->second;
    call.has_arguments = true;
    switch (call.kind) {
      case CallKind::Plain: return send(CallDelta{call.number, delta.arguments});
      case CallKind::Json: return send(TextDelta{delta.arguments, nullptr});
      case CallKind::Custom:
      case CallKind::JsonWrapped:
        call.held.append(delta.arguments);
        held_bytes_ += delta.arguments.size();
        return;
      case CallKind::Ignored: return;
    }
  }

  void end_call(const CallEnd& end) {
    const auto found = calls_.find(end.call);
    if (found == calls_.end()) return;
    Call call = std::move(found->second);
    calls_.erase(found);
    held_bytes_ -= call.held.size();
    if (call.kind == CallKind::Json && !call.has_arguments) send(TextDelta{"{}", nullptr});
    if (call.kind == CallKind::JsonWrapped) send(TextDelta{json_value(call.held), nullptr});
    if (call.kind == CallKind::Custom) {
      const std::string input = custom_input(call.held);
      if (!input.empty()) send(CallDelta{call.number, input});
    }
    if (call.kind == CallKind::Plain || call.kind == CallKind::Custom) send(CallEnd{call.number});
  }

  // ---- the end ----

  void finish(const Finish& end) {
    end_text();
    finished_ = true;
    if (!stopped_) send(settled(end));
  }

  // §3.8, overrides 1 and 2.
  Finish settled(Finish end) const {
    if (calls_sent_ > 0 && is_natural_end(end.reason)) {
      end.reason = FinishReason::ToolCalls;
      end.stop_sequence = {};
    } else if (calls_sent_ == 0 && end.reason == FinishReason::ToolCalls) {
      end.reason = FinishReason::Stop;
    }
    return end;
  }

  const ReplyRules& rules_;
  std::size_t index_;
  EventSink& out_;
  const bool text_as_is_;
  Fence fence_;
  StopSearch stops_;
  std::string preamble_;          // text before a call of the reserved tool
  bool preamble_passed_ = false;  // it was too long for one
  bool json_called_ = false;
  std::map<std::size_t, Call> calls_;  // open ones, by the provider's number
  std::size_t calls_sent_ = 0;
  std::size_t held_bytes_ = 0;  // of arguments
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace

class ReplyAdapter::Impl {
 public:
  Impl(const ReplyRules& rules, EventSink& out) : rules_(rules), out_(out) {}

  void take(const Event& event) {
    if (done_) return;
    if (!is_of_choice(event)) return out_.take(event);
    Choice& choice = choices_.try_emplace(event.choice, rules_, event.choice, out_).first->second;
    if (choice.stopped()) return;
    choice.take(event);
    const auto has_ended = [](const auto& entry) { return entry.second.ended(); };
    if (!choice.stopped() || !std::all_of(choices_.begin(), choices_.end(), has_ended)) return;
    done_ = true;
    out_.take({End{}, 0});
  }

  bool done() const { return done_; }

  std::size_t held_bytes() const {
    return std::accumulate(choices_.begin(), choices_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& entry) { return sum + entry.second.held_bytes(); });
  }

 private:
  const ReplyRules& rules_;
  EventSink& out_;
  std::map<std::size_t, Choice> choices_;
  bool done_ = false;
};

ReplyAdapter::ReplyAdapter(const ReplyRules& rules, EventSink& out) : impl_(std::make_unique<Impl>(rules, out)) {}

ReplyAdapter::~ReplyAdapter() = default;

void ReplyAdapter::take(const Event& event) { impl_->take(event); }

bool ReplyAdapter::done() const { return impl_->done(); }

std::size_t ReplyAdapter::held_bytes() const { return impl_->held_bytes(); }

}  // namespace aigw::protocol::canonical
