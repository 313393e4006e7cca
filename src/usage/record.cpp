#include "usage/record.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "usage/names.h"

namespace aigw::usage {
namespace {

constexpr std::size_t kChecksumDigits = 8;

std::uint32_t checksum(std::string_view text) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

template <typename Number>
void append_number(std::string& text, Number number, char separator = ' ') {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text += separator;
  text.append(digits.data(), end);
}

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// What may separate the fields of a cron.
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void append_window(std::string& text, const WindowMark& window) {
  for (const char c : window.period) text += is_blank(c) ? '_' : c;
  append_number(text, window.since, '|');
  append_number(text, unix_seconds(window.begin), '|');
  if (window.end) {
    append_number(text, unix_seconds(*window.end), '|');
  } else {
    text += "|-";
  }
}

void append_mark(std::string& text, const Mark& mark) {
  append_number(text, mark.sequence);
  text += mark.saved ? " 1 " : " 0 ";
  text += mark.tag;
  char separator = ' ';
  for (const WindowMark& window : mark.windows) {
    append_window(text += separator, window);
    separator = ';';
  }
}

void append_flags(std::string& text, const Used& used) {
  text += ' ';
  if (used.estimated) text += 'e';
  if (used.error) text += 'x';
  if (!used.priced) text += 'u';
  if (text.back() == ' ') text += '-';
}

void read_flags(std::string_view flags, Used& used) {
  used.estimated = flags.find('e') != std::string_view::npos;
  used.error = flags.find('x') != std::string_view::npos;
  used.priced = flags.find('u') == std::string_view::npos;
}

// Reads a text part by part; after a part that does not fit, everything fails.
class Parts {
 public:
  Parts(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  bool more() const { return good_ && !done_; }
  bool next_is(std::string_view part) const { return more() && rest_.substr(0, rest_.find(separator_)) == part; }
  bool good() const { return good_; }
  void fail() { good_ = false; }

  std::string_view part() {
    if (!more()) {
      good_ = false;
      return {};
    }
    const std::size_t end = rest_.find(separator_);
    const std::string_view result = rest_.substr(0, end);
    done_ = end == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : end + 1);
    return result;
  }

  template <typename Number>
  Number number(Number max = std::numeric_limits<Number>::max()) {
    const std::string_view text = part();
    Number result = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    if (error != std::errc() || end != text.data() + text.size() || result < 0 || result > max) fail();
    return good_ ? result : 0;
  }

 private:
  std::string_view rest_;
  const char separator_;
  bool good_ = true;
  bool done_ = false;
};

WallTime from_unix_seconds(std::int64_t time) { return WallTime(std::chrono::seconds(time)); }

bool take_window(std::string_view text, std::vector<WindowMark>& into) {
  Parts parts(text, '|');
  WindowMark window;
  window.period = parts.part();
  std::replace(window.period.begin(), window.period.end(), '_', ' ');
  window.since = parts.number<std::uint64_t>();
  window.begin = from_unix_seconds(parts.number<std::int64_t>(kUnixMillisMax / 1000));
  const std::string_view end = parts.part();
  if (end != "-") {
    Parts whole(end, '|');
    window.end = from_unix_seconds(whole.number<std::int64_t>(kUnixMillisMax / 1000));
    if (!whole.good()) return false;
  }
  into.push_back(std::move(window));
  return parts.good() && !parts.more();
}

Mark take_mark(Parts& words) {
  Mark mark;
  mark.sequence = words.number<std::uint64_t>();
  mark.saved = words.part() == "1";
  const std::string_view model = words.part();
  const std::string_view provider = words.part();
  Parts windows(words.part(), ';');
  while (words.good() && windows.more()) {
    if (!take_window(windows.part(), mark.windows)) words.fail();
  }
  if (words.good()) mark.tag = {model.data(), model.size() + 1 + provider.size()};  // they are neighbours in the line
  return mark;
}

Debit take_debit(Parts& words) {
  words.part();
  Debit debit;
  debit.owner = words.part();
  debit.sequence = words.number<std::uint64_t>();
  return debit;
}

bool checksum_fits(std::string_view line) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return false;
  std::uint32_t wanted = 0;
  const char* digits_end = line.data() + kChecksumDigits;
  if (std::from_chars(line.data(), digits_end, wanted, 16).ptr != digits_end) return false;
  return checksum(line.substr(kChecksumDigits + 1)) == wanted;
}

}  // namespace

std::string format_record(const Record& record) {
  constexpr std::size_t kStart = 1 + kChecksumDigits + 1;
  const Used& used = record.used;
  std::string text = "\n00000000 E";
  text.reserve(128 * (1 + record.marks.size()));
  append_number(text, std::chrono::floor<Millis>(record.time).time_since_epoch().count());
  for (const std::int64_t count :
       {used.prompt_tokens, used.completion_tokens, used.cached_tokens, used.cost, used.charge}) {
    append_number(text, count);
  }
  append_flags(text, used);
  append_number(text, used.duration.count());
  text += ' ';
  text += used.key.empty() ? "-" : word_of(used.key);
  for (const Mark& mark : record.marks) append_mark(text, mark);
  if (record.debit) {
    text.append(" W ").append(record.debit->owner);
    append_number(text, record.debit->sequence);
  }
  std::uint32_t sum = checksum(std::string_view(text).substr(kStart));
  for (std::size_t i = kChecksumDigits; i > 0; --i, sum >>= 4U) text[i] = "0123456789abcdef"[sum & 15U];
  return text;
}

std::optional<Record> parse_record(std::string_view line) {
  if (!checksum_fits(line)) return std::nullopt;
  Parts words(line.substr(kChecksumDigits + 1), ' ');
  const std::string_view kind = words.part();
  if (kind != "E" && kind != "U") return std::nullopt;
  Record record;
  Used& used = record.used;
  record.time = WallTime(Millis(words.number<std::int64_t>(kUnixMillisMax)));
  used.prompt_tokens = words.number<std::int64_t>();
  used.completion_tokens = words.number<std::int64_t>();
  if (kind == "E") {
    used.cached_tokens = words.number<std::int64_t>();
    used.cost = words.number<std::int64_t>();
    used.charge = words.number<std::int64_t>();
  }
  read_flags(words.part(), used);
  used.duration = Millis(words.number<std::int64_t>(kUnixMillisMax));
  used.key = words.part();
  do {
    if (words.next_is("W")) record.debit = take_debit(words);
    else record.marks.push_back(take_mark(words));
  } while (words.more() && !record.debit);
  if (!words.good() || words.more() || record.marks.empty()) return std::nullopt;
  return record;
}

}  // namespace aigw::usage
