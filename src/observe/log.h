// The log: constant phrases with `key=value` fields, to stderr and to a file that rotates by size.
//
// Lines are gathered in bounded memory and written by a thread of their own: when the disk or the terminal is slower
// than a flood of lines, lines are dropped (and counted), never a request held up. Values are escaped so that one line
// stays one line. Credentials and prompts are never given to it.
//
// Threads: set_up and shut_down belong to main; the rest may be called from any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace aigw::observe {

enum class Level { Debug, Info, Warning, Error };
enum class LogFormat { Text, Json };

// DEBUG, INFO, WARNING (WARN), ERROR in any case; false for anything else.
bool parse_level(std::string_view text, Level& level);

struct LogOptions {
  Level level = Level::Info;
  LogFormat format = LogFormat::Text;
  std::string folder;  // of gateway.log; "": stderr only
};

// Starts the log. Returns why the file can't be written, or "": the log then goes to stderr alone.
std::string set_up_log(const LogOptions& options);
// Writes what is queued. Nothing may be logged afterwards.
void shut_down_log();

// One field of a line. Borrows its texts until log() returns.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool> value;

  Field(std::string_view k, std::string_view text) : key(k), value(text) {}
  Field(std::string_view k, const std::string& text) : key(k), value(std::string_view(text)) {}
  Field(std::string_view k, const char* text) : key(k), value(std::string_view(text)) {}
  Field(std::string_view k, bool truth) : key(k), value(truth) {}
  template <std::integral Number>
  Field(std::string_view k, Number number) : key(k), value(static_cast<std::int64_t>(number)) {}
};

bool log_enabled(Level level);
void log(Level level, std::string_view phrase, std::initializer_list<Field> fields = {});

// The text of a line behind its time and level; for log() and its test.
std::string format_line(LogFormat format, std::string_view phrase, std::initializer_list<Field> fields);

}  // namespace aigw::observe
