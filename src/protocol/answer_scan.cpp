#include "protocol/answer_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

// Content nested deeper is content, but not measured.
constexpr int kContentDepthMax = 16;

// simdjson 3.0 knows no type for text that is not JSON: the functions below return false there, and for nothing
// else. A member of an unexpected type is passed over.

bool type_of(ondemand::value& value, json_type& type) { return value.type().get(type) == simdjson::SUCCESS; }

// Calls visit(key, value) for each member until one gives false.
template <typename Visit>
bool each_member(ondemand::object object, Visit visit) {
  for (simdjson::simdjson_result<ondemand::field> item : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(item).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS) {
      return false;
    }
    if (!visit(key, field.value())) return false;
  }
  return true;
}

template <typename Visit>
bool each_member(ondemand::value& value, Visit visit) {
  json_type type;
  ondemand::object object;
  if (!type_of(value, type)) return false;
  if (type != json_type::object) return true;
  return value.get_object().get(object) == simdjson::SUCCESS && each_member(object, visit);
}

// Calls visit(value) for each element of an array until one gives false.
template <typename Visit>
bool each_element(ondemand::value& value, Visit visit) {
  json_type type;
  ondemand::array array;
  if (!type_of(value, type)) return false;
  if (type != json_type::array) return true;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (simdjson::simdjson_result<ondemand::value> item : array) {
    ondemand::value element;
    if (std::move(item).get(element) != simdjson::SUCCESS || !visit(element)) return false;
  }
  return true;
}

// The inside of a string token as it stands: what is compared with it holds no escapes.
bool read_word(ondemand::value& value, std::string_view& word) {
  json_type type;
  if (!type_of(value, type)) return false;
  if (type != json_type::string) return true;
  const std::string_view token = value.raw_json_token();
  word = token.substr(1, std::max<std::size_t>(token.rfind('"'), 1) - 1);
  return true;
}

// Members that describe content and are none.
bool is_label(std::string_view key) {
  return key == "id" || key == "type" || key == "role" || key == "index" || key == "status" || key == "call_id" ||
         key == "format" || key == "encrypted_content";
}

// Content that is no text: its bytes say nothing about tokens.
bool is_payload(std::string_view key) {
  return key == "data" || key == "url" || key == "b64_json" || key == "signature";
}

// Content is what has a string that is not empty, at any depth: providers wrap text in parts, calls, details.
bool read_content(std::string_view key, ondemand::value& value, AnswerScan& scan, int depth = 0) {
  json_type type;
  if (!type_of(value, type)) return false;
  if (depth > kContentDepthMax) return scan.has_content = true;
  if (type == json_type::string) {
    const std::size_t bytes = unquoted_bytes(value.raw_json_token());
    scan.has_content = scan.has_content || bytes > 0;
    if (!is_payload(key)) scan.text_bytes += bytes;
    return true;
  }
  if (type == json_type::array) {
    return each_element(value, [&](ondemand::value& element) { return read_content(key, element, scan, depth + 1); });
  }
  return each_member(value, [&](std::string_view name, ondemand::value& member) {
    return is_label(name) || read_content(name, member, scan, depth + 1);
  });
}

// A count as a number, whatever its spelling; 0 for what is none (protocols.md §3.9).
std::int64_t count_of(ondemand::value& value) {
  constexpr double kCountMax = 1e12;  // leaves sums of counts far from overflow
  const std::string_view token = value.raw_json_token();
  double number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  return error == std::errc() ? static_cast<std::int64_t>(std::clamp(number, 0.0, kCountMax)) : 0;
}

// What a cache did, as OpenAI's dialects tell it.
bool read_usage_details(ondemand::value& value, TokenUpdate& usage) {
  return each_member(value, [&](std::string_view key, ondemand::value& member) {
    if (key == "cached_tokens") usage.cache_read = count_of(member);
    if (key == "cache_write_tokens") usage.cache_write = count_of(member);
    return true;
  });
}

bool read_usage(ondemand::value& value, AnswerScan& scan) {
  TokenUpdate usage;
  std::optional<std::int64_t> total;
  const bool is_json = each_member(value, [&](std::string_view key, ondemand::value& member) {
    json_type type;
    if (!type_of(member, type)) return false;
    if (type == json_type::null) return true;  // as good as absent
    const bool is_details = key == "prompt_tokens_details" || key == "input_tokens_details";
    if (is_details && type == json_type::object) return read_usage_details(member, usage);
    if (key == "prompt_cache_hit_tokens" && !usage.cache_read) usage.cache_read = count_of(member);  // DeepSeek's
    if (key == "prompt_tokens" || (key == "input_tokens" && !usage.prompt)) usage.prompt = count_of(member);
    const bool is_completion = key == "completion_tokens" || (key == "output_tokens" && !usage.completion);
    if (is_completion) usage.completion = count_of(member);
    if (key == "cache_read_input_tokens") usage.cache_read = count_of(member);
    if (key == "cache_creation_input_tokens") usage.cache_write = count_of(member);
    if (key == "total_tokens") total = count_of(member);
    return true;
  });
  // Embeddings name only the prompt, some servers only the sum.
  if (!usage.prompt && !usage.completion) usage.prompt = total;
  if (usage.prompt || usage.completion || usage.cache_read || usage.cache_write) scan.usage = usage;
  return is_json;
}

// `error: null`, `false`, `""` and `{}` are no errors.
bool read_error_member(ondemand::value& value, AnswerScan& scan) {
  json_type type;
  if (!type_of(value, type)) return false;
  std::string_view text = value.raw_json_token();
  if (type == json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(text) != simdjson::SUCCESS) {
      return false;
    }
    if (text.find('"') == std::string_view::npos) return true;
  } else if (type == json_type::string) {
    if (unquoted_bytes(text) == 0) return true;
  } else {
    return true;
  }
  scan.error = text;
  return true;
}

bool read_choice(ondemand::value& choice, AnswerScan& scan) {
  scan.choices_empty = false;
  return each_member(choice, [&](std::string_view key, ondemand::value& value) {
    if (key == "delta" || key == "message") {
      return each_member(value, [&](std::string_view name, ondemand::value& member) {
        // `name` beside the role is the speaker's; inside a call it is content.
        return is_label(name) || name == "name" || read_content(name, member, scan);
      });
    }
    if (key == "text") return read_content(key, value, scan);
    if (key == "finish_reason") {
      std::string_view reason;
      if (!read_word(value, reason)) return false;
      if (!reason.empty()) scan.finish_reason = reason;
      return true;
    }
    if (key == "usage") return read_usage(value, scan);
    if (key == "error") return read_error_member(value, scan);
    return true;
  });
}

bool read_choices(ondemand::value& value, AnswerScan& scan) {
  scan.has_choices = true;
  return each_element(value, [&](ondemand::value& choice) { return read_choice(choice, scan); });
}

// An item of a Responses answer or a block of a Messages answer. Text and reasoning may be empty as yet; any other is
// a call of a tool or its result, which is content by itself.
bool read_item(ondemand::value& item, AnswerScan& scan) {
  std::string_view type;
  const bool is_json = each_member(item, [&](std::string_view key, ondemand::value& value) {
    if (key == "type") return read_word(value, type);
    return is_label(key) || key == "name" || read_content(key, value, scan);
  });
  const bool may_be_empty = type == "message" || type == "reasoning" || type == "text" || type == "thinking";
  if (!type.empty() && !may_be_empty) scan.has_content = true;
  return is_json;
}

// What a refusal says of itself.
bool read_stop_details(ondemand::value& value, AnswerScan& scan) {
  return each_member(value, [&](std::string_view key, ondemand::value& member) {
    return key != "explanation" || read_content(key, member, scan);
  });
}

// Content, and in Messages also how the answer ended.
bool read_delta(ondemand::value& value, AnswerScan& scan) {
  json_type type;
  if (!type_of(value, type)) return false;
  if (type != json_type::object) return read_content("delta", value, scan);
  return each_member(value, [&](std::string_view key, ondemand::value& member) {
    if (key == "stop_reason") return read_word(member, scan.stop_reason);
    if (key == "stop_details") return read_stop_details(member, scan);
    return is_label(key) || key == "stop_sequence" || key == "container" || read_content(key, member, scan);
  });
}

bool read_blocks(ondemand::value& value, AnswerScan& scan) {
  return each_element(value, [&](ondemand::value& block) { return read_item(block, scan); });
}

bool read_message_member(std::string_view key, ondemand::value& value, AnswerScan& scan) {
  if (key == "content") return read_blocks(value, scan);
  if (key == "stop_reason") return read_word(value, scan.stop_reason);
  if (key == "stop_details") return read_stop_details(value, scan);
  return key != "usage" || read_usage(value, scan);
}

bool read_response_member(std::string_view key, ondemand::value& value, AnswerScan& scan) {
  if (key == "output") return each_element(value, [&](ondemand::value& item) { return read_item(item, scan); });
  if (key == "status") return read_word(value, scan.status);
  if (key == "usage") return read_usage(value, scan);
  if (key == "error") return read_error_member(value, scan);
  if (key != "incomplete_details") return true;
  return each_member(value, [&](std::string_view name, ondemand::value& member) {
    return name != "reason" || read_word(member, scan.incomplete_reason);
  });
}

bool read_top(std::string_view key, ondemand::value& value, AnswerScan& scan) {
  if (key == "choices") return read_choices(value, scan);
  if (key == "type") return read_word(value, scan.type);
  if (key == "item" || key == "content_block") return read_item(value, scan);
  if (key == "delta") return read_delta(value, scan);
  if (key == "part" || key == "refusal" || key == "arguments") return read_content(key, value, scan);
  if (key == "text") {
    // In a whole Responses answer an object of this name repeats settings of the request.
    json_type type;
    return type_of(value, type) && (type != json_type::string || read_content(key, value, scan));
  }
  if (key == "sequence_number") {
    scan.sequence_number = count_of(value);
    return true;
  }
  if (key == "response") {
    return each_member(value, [&](std::string_view name, ondemand::value& member) {
      return read_response_member(name, member, scan);
    });
  }
  if (key == "object") {
    std::string_view kind;
    const bool is_json = read_word(value, kind);
    scan.has_error_shape = kind == "error";
    return is_json;
  }
  if (key == "message" || key == "detail") scan.has_message = true;
  if (key == "message") {
    return each_member(value, [&](std::string_view name, ondemand::value& member) {
      return read_message_member(name, member, scan);
    });
  }
  if (key == "content" || key == "stop_reason" || key == "stop_details") return read_message_member(key, value, scan);
  return read_response_member(key, value, scan);
}

}  // namespace

AnswerScan scan_answer(std::string_view text) {
  AnswerScan scan;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(text.data(), text.size(), text.size() + kPadding).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return scan;
  }
  const bool is_json =
      each_member(object, [&](std::string_view key, ondemand::value& value) { return read_top(key, value, scan); });
  // Behind the object there is nowhere to be. (simdjson 3.0 has no document::at_end.)
  scan.is_object = is_json && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return scan;
}

}  // namespace aigw::protocol
