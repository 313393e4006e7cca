#include "convert/direction.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace aigw::convert {
namespace {

constexpr std::array<std::pair<std::string_view, Dialect>, 6> kDialects = {{{"openai", Dialect::Chat},
                                                                            {"anthropic", Dialect::Messages},
                                                                            {"responses", Dialect::Responses},
                                                                            {"gemini", Dialect::Gemini},
                                                                            {"completions", Dialect::Completions},
                                                                            {"embeddings", Dialect::Embeddings}}};

std::optional<Dialect> dialect_named(std::string_view name) {
  for (const auto& [known, dialect] : kDialects) {
    if (name == known) return dialect;
  }
  return std::nullopt;
}

bool take_end(std::string_view& text, std::string_view end) {
  if (!ends_with(text, end)) return false;
  text.remove_suffix(end.size());
  return true;
}

}  // namespace

std::optional<Direction> parse_direction(std::string_view name) {
  const std::size_t middle = name.find("_to_");
  if (middle == std::string_view::npos) return std::nullopt;
  std::string_view from = name.substr(0, middle);
  std::string_view to = name.substr(middle + 4);
  Direction direction;
  if (take_end(from, "_error")) {
    if (!take_end(to, "_error")) return std::nullopt;
    direction.kind = Direction::Kind::Error;
  } else if (take_end(to, "_request")) {
    direction.kind = Direction::Kind::Request;
  } else {
    direction.kind = Direction::Kind::Answer;
    direction.from_stream = take_end(from, "_stream");
    if (!direction.from_stream) take_end(from, "_nonstream");
    direction.to_stream = take_end(to, "_stream");
    if (!direction.to_stream && !take_end(to, "_nonstream") && !take_end(to, "_response")) return std::nullopt;
  }
  const std::optional<Dialect> source = dialect_named(from);
  const std::optional<Dialect> target = dialect_named(to);
  if (!source || !target) return std::nullopt;
  direction.from = *source;
  direction.to = *target;
  return direction;
}

}  // namespace aigw::convert
