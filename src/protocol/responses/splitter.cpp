#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "protocol/json_read.h"
#include "protocol/responses/frames.h"
#include "protocol/responses/joiner.h"

namespace aigw::protocol::responses {
namespace {

// `item` as it was when it began, without what its events are about to tell.
Json begun(const Json& item, const char* name, Json empty) {
  Json start = item;
  start[name] = std::move(empty);
  if (start.contains("status")) start["status"] = "in_progress";
  return start;
}

void write_text_part(ItemFrames& frames, Inside inside, const Json& part) {
  const std::string_view text = text_of(part, "text");
  const std::string logprobs = logprobs_member(find_member(part, "logprobs"));
  Json start = begun(part, "text", "");
  start["annotations"] = Json::array();
  start.erase("logprobs");
  frames.part_added("response.content_part.added", inside, start);
  if (!text.empty()) frames.write_text("response.output_text.delta", inside, "delta", text, logprobs);
  std::size_t number = 0;
  for (const Json& annotation : items_of(part, "annotations")) {
    frames.write_json("response.output_text.annotation.added", inside, "annotation", annotation,
                      ",\"annotation_index\":" + std::to_string(number++));
  }
  frames.write_text("response.output_text.done", inside, "text", text, logprobs);
  frames.part_done("response.content_part.done", inside, part);
}

// A part whose text stands in `member` and is told by events `<prefix>.delta` and `<prefix>.done`.
void write_part(ItemFrames& frames, std::string_view part_events, const std::string& prefix, const char* member,
                Inside inside, const Json& part) {
  const std::string_view text = text_of(part, member);
  const std::string events(part_events);
  frames.part_added(events + ".added", inside, begun(part, member, ""));
  if (!text.empty()) frames.write_text(prefix + ".delta", inside, "delta", text);
  frames.write_text(prefix + ".done", inside, member, text);
  frames.part_done(events + ".done", inside, part);
}

void write_content(ItemFrames& frames, const Json& item) {
  Inside inside = {"content_index", 0};
  for (const Json& part : items_of(item, "content")) {
    const std::string_view type = text_of(part, "type");
    if (type == "output_text") {
      write_text_part(frames, inside, part);
    } else if (type == "refusal") {
      write_part(frames, "response.content_part", "response.refusal", "refusal", inside, part);
    } else if (type == "reasoning_text") {
      write_part(frames, "response.content_part", "response.reasoning_text", "text", inside, part);
    }
    ++inside.number;
  }
}

void write_summary(ItemFrames& frames, const Json& item) {
  Inside inside = {"summary_index", 0};
  for (const Json& part : items_of(item, "summary")) {
    if (part.is_object()) {
      write_part(frames, "response.reasoning_summary_part", "response.reasoning_summary_text", "text", inside, part);
    }
    ++inside.number;
  }
}

void write_input(ItemFrames& frames, const std::string& prefix, const char* member, const Json& item,
                 const std::string& more) {
  const std::string_view input = text_of(item, member);
  if (!input.empty()) frames.write_text(prefix + ".delta", "delta", input);
  frames.write_text(prefix + ".done", member, input, more);
}

void write_item(ItemFrames frames, const Json& item) {
  const std::string_view type = text_of(item, "type");
  if (type == "message") {
    frames.added(begun(item, "content", Json::array()));
    write_content(frames, item);
  } else if (type == "reasoning") {
    Json start = begun(item, "summary", Json::array());
    if (start.contains("content")) start["content"] = Json::array();
    start.erase("encrypted_content");
    frames.added(start);
    write_summary(frames, item);
    write_content(frames, item);
  } else if (type == "function_call") {
    frames.added(begun(item, "arguments", ""));
    const Json* const name = find_member(item, "name");
    write_input(frames, "response.function_call_arguments", "arguments", item,
                name != nullptr ? ",\"name\":" + dump(*name) : "");
  } else if (type == "custom_tool_call") {
    frames.added(begun(item, "input", ""));
    write_input(frames, "response.custom_tool_call_input", "input", item, "");
  } else {
    frames.added(item);
  }
  frames.done(item);
}

// The response when nothing of it was written yet.
Json begun_response(const Json& whole) {
  Json start = whole;
  start["status"] = "in_progress";
  start["output"] = Json::array();
  for (const char* name : {"usage", "completed_at", "incomplete_details", "error"}) {
    if (start.contains(name) || std::string_view(name) == "usage") start[name] = nullptr;
  }
  return start;
}

// The last event of a response with that status; null for one that is not over.
const char* last_event(std::string_view status) {
  if (status == "incomplete") return "response.incomplete";
  if (status == "failed") return "response.failed";
  return status.empty() || status == "completed" ? "response.completed" : nullptr;
}

}  // namespace

Result<std::string> split(std::string_view answer) {
  const Result<Json> tree = parse_object(answer);
  if (!tree) return tree.error();
  const Json* const output = find_member(*tree, "output");
  if (output == nullptr || !output->is_array()) return Error{ErrorKind::Garbled, "an answer without `output`"};
  const char* const last = last_event(text_of(*tree, "status"));
  if (last == nullptr) return Error{ErrorKind::Garbled, "a response that is not complete"};
  std::string text;
  Frames frames(&text);
  const Json start = begun_response(*tree);
  frames.write_response("response.created", start);
  frames.write_response("response.in_progress", start);
  std::size_t index = 0;
  for (const Json& item : *output) write_item(ItemFrames(frames, text_of(item, "id"), index++), item);
  frames.write_response(last, *tree);
  return text;
}

}  // namespace aigw::protocol::responses
