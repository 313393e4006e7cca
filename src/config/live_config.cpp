#include "config/live_config.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "config/document.h"
#include "config/masked_text.h"
#include "config/text_file.h"
#include "config/text_place.h"

namespace aigw::config {
namespace {

// Loads a text whose secrets may be masked, as what it will be in the file (`text`). Places are those in `edited`.
Loaded load_edited(const std::string& path, std::string_view edited, std::string_view original,
                   const Environment& environment, const Overrides& overrides, std::string& text) {
  // Of a text that is no JSON the parser's columns should be those that are seen.
  Unmasked unmasked = parse_document(edited).readable ? unmasked_text(edited, original)
                                                      : Unmasked{std::string(edited), {}};
  text = std::move(unmasked.text);
  Loaded loaded = load_text_of(path, text, environment, overrides);
  for (Problem& problem : loaded.problems) problem.place.reset();
  find_places(edited, loaded.problems);
  if (unmasked.problems.empty()) return loaded;
  loaded.config = nullptr;
  loaded.problems.insert(loaded.problems.end(), unmasked.problems.begin(), unmasked.problems.end());
  return loaded;
}

// Remembers the values that it gives, and takes them out of texts.
class Concealer {
 public:
  explicit Concealer(const Environment& environment)
      : watched_([this, &environment](std::string_view name) {
          const std::optional<std::string> value = environment(name);
          if (value && value->size() >= kBytesMin) given_.emplace_back(*value, "${" + std::string(name) + "}");
          return value;
        }) {}
  Concealer(const Concealer&) = delete;  // watched_ points here
  Concealer& operator=(const Concealer&) = delete;

  const Environment& environment() const { return watched_; }

  void conceal(std::string& text) const {
    for (const auto& [value, name] : given_) {
      // Long values may have been shortened.
      const std::string_view begin = std::string_view(value).substr(0, kBytesShown);
      for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + name.size())) {
        const auto end = std::mismatch(value.begin(), value.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                                       text.end());
        text.replace(at, static_cast<std::size_t>(end.first - value.begin()), name);
      }
    }
  }
  void conceal(std::vector<std::string>& texts) const {
    for (std::string& text : texts) conceal(text);
  }

 private:
  static constexpr std::size_t kBytesMin = 6;  // what is shorter is no secret, and part of many words
  static constexpr std::size_t kBytesShown = 64;
  std::vector<std::pair<std::string, std::string>> given_;
  Environment watched_;
};

}  // namespace

LiveConfig::LiveConfig(Snapshot first, std::string path, Environment environment, Overrides overrides)
    : path_(std::move(path)),
      environment_(std::move(environment)),
      overrides_(std::move(overrides)),
      running_(first),
      current_(std::move(first)) {}

Snapshot LiveConfig::get() const {
  return current_.with([](const Snapshot& current) { return current; });
}

Reload LiveConfig::reload() {
  // Held while the file is read: of two reloads the later one must see the later file. get() does not wait for it.
  const std::lock_guard<std::mutex> lock(reloading_);
  return adopt(load_file(path_, environment_, overrides_));
}

Result<ConfigFile> LiveConfig::file() const {
  Result<std::string> text = read_text_file(path_, kFileBytesMax);
  if (!text) return Error{text.error().kind, "can't read " + path_ + ": " + text.error().detail};
  std::string digest = sha256_hex(*text);
  return ConfigFile{std::move(*text), std::move(digest), is_writable(path_)};
}

Reload LiveConfig::check(std::string_view edited) const {
  const Result<ConfigFile> original = file();
  const Concealer concealer(environment_);
  std::string text;
  Loaded loaded = load_edited(path_, edited, original ? original->text : "", concealer.environment(), overrides_, text);
  Reload reload{std::move(loaded.problems), std::move(loaded.warnings), {}};
  if (loaded.config) {
    reload.changes = compare(*get(), *loaded.config);
    reload.changes.needs_restart = compare(*running_, *loaded.config).needs_restart;
  }
  for (Problem& problem : reload.problems) concealer.conceal(problem.message);
  concealer.conceal(reload.warnings);
  for (auto* const names : {&reload.changes.added, &reload.changes.removed, &reload.changes.changed}) {
    concealer.conceal(*names);
  }
  return reload;
}

Saved LiveConfig::save(std::string_view edited, std::string_view digest) {
  using Outcome = Saved::Outcome;
  const std::lock_guard<std::mutex> lock(reloading_);
  const Result<ConfigFile> original = file();
  if (!original) return {Outcome::Failed, {}, original.error().detail, ""};
  if (original->digest != digest) return {Outcome::Changed, {}, "", ""};
  if (!original->writable) return {Outcome::ReadOnly, {}, "", ""};
  std::string text;
  Loaded loaded = load_edited(path_, edited, original->text, environment_, overrides_, text);
  if (!loaded.config) return {Outcome::Problems, adopt(std::move(loaded)), "", ""};
  const Status written = rewrite_file(path_, text);
  if (!written) return {Outcome::Failed, {}, written.error().detail, ""};
  return {Outcome::Done, adopt(std::move(loaded)), "", sha256_hex(text)};
}

// Precondition: reloading_ is held.
Reload LiveConfig::adopt(Loaded loaded) {
  Reload reload;
  reload.problems = std::move(loaded.problems);
  reload.warnings = std::move(loaded.warnings);
  if (!loaded.config) return reload;
  reload.changes = compare(*get(), *loaded.config);
  // What a restart is needed for still runs as it was started, however many reloads came between.
  reload.changes.needs_restart = compare(*running_, *loaded.config).needs_restart;
  current_.with([&](Snapshot& current) { current.swap(loaded.config); });
  return reload;
}

}  // namespace aigw::config
