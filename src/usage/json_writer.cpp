#include "usage/json_writer.h"

#include <nlohmann/json.hpp>

#include "base/timestamp.h"

namespace aigw::usage {

JsonWriter::JsonWriter(std::string& text, std::size_t indent) : text_(text), indent_(indent) { text_ += '{'; }

void JsonWriter::end() {
  new_line(indent_);
  text_ += '}';
}

void JsonWriter::number(std::string_view name, std::int64_t value) { field(name) += std::to_string(value); }

void JsonWriter::truth(std::string_view name, bool value) { field(name) += value ? "true" : "false"; }

void JsonWriter::text(std::string_view name, const std::string& value) {
  field(name) += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void JsonWriter::time(std::string_view name, const std::optional<WallTime>& value) {
  field(name) += value ? "\"" + format_timestamp(*value) + "\"" : "null";
}

void JsonWriter::list(std::string_view name, std::size_t size,
                      const std::function<void(JsonWriter& element, std::size_t index)>& write_each) {
  field(name) += '[';
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) text_ += ',';
    new_line(indent_ + 4);
    JsonWriter element(text_, indent_ + 4);
    write_each(element, i);
    element.end();
  }
  if (size > 0) new_line(indent_ + 2);
  text_ += ']';
}

std::string& JsonWriter::field(std::string_view name) {
  if (text_.back() != '{') text_ += ',';
  new_line(indent_ + 2);
  return text_.append("\"").append(name).append("\": ");
}

void JsonWriter::new_line(std::size_t indent) {
  text_ += '\n';
  text_.append(indent, ' ');
}

}  // namespace aigw::usage
