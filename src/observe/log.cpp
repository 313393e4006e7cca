#include "observe/log.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.h"
#include "observe/batch_sink.h"

namespace aigw::observe {
namespace {

constexpr std::size_t kFileBytesMax = 10 * 1024 * 1024;
constexpr std::size_t kFilesMax = 5;

std::shared_ptr<spdlog::logger> logger;
std::atomic<LogFormat> log_format{LogFormat::Text};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warning: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Operators grep for `ERROR`; spdlog's own names are in lower case.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string_view name = message.level == spdlog::level::debug  ? "DEBUG"
                                  : message.level == spdlog::level::info ? "INFO"
                                  : message.level == spdlog::level::warn ? "WARNING"
                                                                         : "ERROR";
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }
};

std::unique_ptr<spdlog::formatter> line_formatter(LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('*');
  // The JSON line is opened here; format_line goes on behind the level and closes it.
  formatter->set_pattern(format == LogFormat::Json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%*",%v)"
                                                   : "%Y-%m-%dT%H:%M:%S.%e%z %* %v");
  return formatter;
}

constexpr std::string_view kPlainBreakers = " \"=\\";

// Texts without a blank, quote or control character stand bare, as nearly all do.
bool is_plain(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || kPlainBreakers.find(c) != std::string_view::npos;
  });
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  if (is_plain(text)) {
    line += text;
  } else {
    for (const char c : escape_control(text)) {
      // escape_control has put a backslash before an `n` already; in JSON `\x1b` must become a valid escape as well.
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
  }
  line += '"';
}

void append_value(std::string& line, const Field& field, bool always_quoted) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (always_quoted || !is_plain(*text)) {
      append_quoted(line, *text);
    } else {
      line += *text;
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*number);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

bool parse_level(std::string_view text, Level& level) {
  if (iequals(text, "DEBUG")) level = Level::Debug;
  else if (iequals(text, "INFO")) level = Level::Info;
  else if (iequals(text, "WARNING") || iequals(text, "WARN")) level = Level::Warning;
  else if (iequals(text, "ERROR")) level = Level::Error;
  else return false;
  return true;
}

std::string set_up_log(const LogOptions& options) {
  std::string problem;
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  if (!options.folder.empty()) {
    try {
      const auto file = std::filesystem::path(options.folder) / "gateway.log";
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file.string(), kFileBytesMax, kFilesMax));
    } catch (const std::exception& failure) {
      problem = failure.what();
    }
  }
  logger = std::make_shared<spdlog::logger>("gateway", std::make_shared<BatchSink>(std::move(sinks)));
  logger->set_formatter(line_formatter(options.format));
  logger->set_level(to_spdlog(options.level));
  log_format = options.format;
  return problem;
}

void shut_down_log() { logger.reset(); }

bool log_enabled(Level level) { return logger != nullptr && logger->should_log(to_spdlog(level)); }

void log(Level level, std::string_view phrase, std::initializer_list<Field> fields) {
  if (!log_enabled(level)) return;
  const std::string line = format_line(log_format, phrase, fields);
  logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(LogFormat format, std::string_view phrase, std::initializer_list<Field> fields) {
  const bool json = format == LogFormat::Json;
  std::string line;
  line.reserve(256);
  if (json) {
    line += R"("phrase":)";
    append_quoted(line, phrase);
  } else {
    line += phrase;
  }
  for (const Field& field : fields) {
    if (json) {
      line += ",\"";
      line += field.key;
      line += "\":";
    } else {
      line += ' ';
      line += field.key;
      line += '=';
    }
    append_value(line, field, json);
  }
  if (json) line += '}';
  return line;
}

}  // namespace aigw::observe
