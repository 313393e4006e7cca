#include "usage/ledger.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/disk.h"
#include "base/timestamp.h"

namespace aigw::usage {
namespace {

constexpr const char* kCredit = "credit";
constexpr const char* kDebit = "debit";

std::string format_line(const LedgerLine& line) {
  const bool is_credit = line.kind == LedgerLine::Kind::Credit;
  nlohmann::ordered_json json = {{"time", format_timestamp(line.time)},
                                 {"kind", is_credit ? kCredit : kDebit},
                                 {"owner", line.owner}};
  if (!is_credit) {
    json["key"] = line.key;
    json["requests"] = line.requests;
  }
  json["amount_nanos"] = line.amount;
  json["balance_nanos"] = line.balance;
  if (is_credit) {
    json["note"] = line.note;
    json["by"] = line.by;
  } else {
    json["through"] = line.through;
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// The members of a line; after one that is missing or of another type, everything fails.
class LineMembers {
 public:
  explicit LineMembers(simdjson::dom::object object) : object_(object) {}

  bool whole() const { return whole_; }

  std::string text(const char* name) {
    std::string_view value;
    whole_ = object_[name].get_string().get(value) == simdjson::SUCCESS && whole_;
    return std::string(value);
  }

  std::int64_t number(const char* name) {
    std::int64_t value = 0;
    whole_ = object_[name].get_int64().get(value) == simdjson::SUCCESS && whole_;
    return value;
  }

  void require(bool fits) { whole_ = whole_ && fits; }

 private:
  simdjson::dom::object object_;
  bool whole_ = true;
};

std::optional<LedgerLine> parse_line(simdjson::dom::parser& parser, std::string_view text) {
  simdjson::dom::object object;
  if (parser.parse(text.data(), text.size()).get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  LineMembers members(object);
  LedgerLine line;
  const auto time = parse_timestamp(members.text("time"));
  members.require(time.has_value());
  line.time = time.value_or(WallTime{});
  const std::string kind = members.text("kind");
  members.require(kind == kCredit || kind == kDebit);
  line.kind = kind == kCredit ? LedgerLine::Kind::Credit : LedgerLine::Kind::Debit;
  line.owner = members.text("owner");
  line.amount = members.number("amount_nanos");
  line.balance = members.number("balance_nanos");
  members.require(line.amount <= kLedgerMost && line.amount >= -kLedgerMost);
  if (line.kind == LedgerLine::Kind::Credit) {
    line.note = members.text("note");
    line.by = members.text("by");
  } else {
    line.key = members.text("key");
    line.requests = members.number("requests");
    const std::int64_t through = members.number("through");
    members.require(through >= 0 && line.amount <= 0);
    line.through = static_cast<std::uint64_t>(through);
  }
  return members.whole() ? std::optional(std::move(line)) : std::nullopt;
}

}  // namespace

Status Ledger::append(const std::vector<LedgerLine>& lines) const {
  if (lines.empty()) return Done{};
  std::string text;
  for (const LedgerLine& line : lines) text += format_line(line);
  const bool is_new = is_missing(path_);
  const Result<Appended> appended = append_lines(path_, text);
  if (!appended) return appended.error();
  if (!is_new) return Done{};
  const Status synced = sync_folder(path_.parent_path());
  if (!synced) take_back(*appended);
  return synced;
}

Status Ledger::read(const Visit& visit, const OnBad& on_bad) const {
  if (is_missing(path_)) return Done{};
  simdjson::dom::parser parser;
  std::int64_t number = 0;
  return read_lines(path_, [&](std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      const std::string_view text = lines.substr(0, end);
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
      ++number;
      if (text.empty()) continue;
      if (const auto line = parse_line(parser, text)) {
        visit(number, *line);
      } else if (end != std::string_view::npos) {
        on_bad(number);
      }
    }
  });
}

}  // namespace aigw::usage
