#include "usage/record.h"

#include <zlib.h>

#include <array>
#include <charconv>

namespace aigw::usage {
namespace {

constexpr std::size_t kChecksumDigits = 8;

std::uint32_t checksum(std::string_view text) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

template <typename Number>
void append_number(std::string& text, Number number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text += ' ';
  text.append(digits.data(), end);
}

void append_mark(std::string& text, const Mark& mark) {
  append_number(text, mark.sequence);
  append_number(text, mark.period);
  text += mark.saved ? " 1 " : " 0 ";
  text += mark.tag;
}

// Reads a record word by word; after a word that does not fit, everything fails.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  bool more() const { return ok_ && !done_; }
  bool good() const { return ok_; }
  void fail() { ok_ = false; }

  std::string_view word() {
    if (!more()) {
      ok_ = false;
      return {};
    }
    const std::size_t end = rest_.find(' ');
    const std::string_view result = rest_.substr(0, end);
    done_ = end == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : end + 1);
    return result;
  }

  template <typename Number>
  Number number() {
    const std::string_view text = word();
    Number result = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    if (error != std::errc() || end != text.data() + text.size()) ok_ = false;
    return result;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
  bool done_ = false;
};

Mark take_mark(Words& words) {
  Mark mark;
  mark.sequence = words.number<std::uint64_t>();
  mark.period = words.number<std::uint64_t>();
  mark.saved = words.word() == "1";
  const std::string_view model = words.word();
  const std::string_view provider = words.word();
  if (words.good()) mark.tag = {model.data(), model.size() + 1 + provider.size()};  // they are neighbours in the line
  return mark;
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
  std::string text = "\n00000000 U";
  text.reserve(160);
  append_number(text, std::chrono::floor<Millis>(record.time).time_since_epoch().count());
  append_number(text, record.used.prompt_tokens);
  append_number(text, record.used.completion_tokens);
  text += ' ';
  if (record.used.estimated) text += 'e';
  if (record.used.error) text += 'x';
  if (!record.used.estimated && !record.used.error) text += '-';
  append_mark(text, record.own);
  if (record.account) append_mark(text, *record.account);
  std::uint32_t sum = checksum(std::string_view(text).substr(kStart));
  for (std::size_t i = kChecksumDigits; i > 0; --i, sum >>= 4U) text[i] = "0123456789abcdef"[sum & 15U];
  return text;
}

std::optional<Record> parse_record(std::string_view line) {
  if (!checksum_fits(line)) return std::nullopt;
  Words words(line.substr(kChecksumDigits + 1));
  if (words.word() != "U") return std::nullopt;
  Record record;
  // Bounded so that no arithmetic on times can overflow: WallTime ends in 2262.
  const auto ms = words.number<std::int64_t>();
  if (ms < 0 || ms > 9'000'000'000'000) words.fail();
  record.time = WallTime(Millis(words.good() ? ms : 0));
  record.used.prompt_tokens = words.number<std::int64_t>();
  record.used.completion_tokens = words.number<std::int64_t>();
  const std::string_view flags = words.word();
  record.used.estimated = flags.find('e') != std::string_view::npos;
  record.used.error = flags.find('x') != std::string_view::npos;
  record.own = take_mark(words);
  if (words.more()) record.account = take_mark(words);
  if (!words.good() || words.more() || record.used.prompt_tokens < 0 || record.used.completion_tokens < 0) {
    return std::nullopt;
  }
  return record;
}

}  // namespace aigw::usage
