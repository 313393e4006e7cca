#include "config/price_reader.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "base/timestamp.h"
#include "config/document.h"
#include "config/readers.h"
#include "config/text_file.h"

namespace aigw::config {
namespace {

constexpr NanoDollars kPriceMax = 10'000 * kDollar;
constexpr std::size_t kPricesFileBytesMax = 4 * 1024 * 1024;

std::optional<NanoDollars> read_amount(const Value& value) { return value.dollars(0, kPriceMax); }

void read_about(const Value& value, PricesFile& into) {
  if (auto given = value.literal()) into.about = std::move(*given);
}

void read_date(const Value& value, PricesFile& into) {
  const auto given = value.literal();
  if (!given) return;
  if (parse_timestamp(*given + "T00:00:00Z")) {
    into.date = *given;
  } else {
    value.refuse("expected a day like 2026-11-21");
  }
}

const Fields<PricesFile>& prices_file_fields() {
  static const Fields<PricesFile> fields = {
      {"about", read_about},
      {"date", read_date},
      {"prices", by(&PricesFile::prices, read_prices)},
  };
  return fields;
}

std::string path_in_file(const std::string& path) {
  return kPricesFileName + (path.empty() || starts_with(path, "[") ? path : "." + path);
}

}  // namespace

const Fields<Price>& price_fields() {
  static const Fields<Price> fields = {
      {"input", by(&Price::input, read_amount)},
      {"output", by(&Price::output, read_amount)},
      {"cached_input", by_or_null(&Price::cached_input, read_amount)},
      {"cache_write", by_or_null(&Price::cache_write, read_amount)},
      {"per_request", by(&Price::per_request, read_amount)},
  };
  return fields;
}

std::optional<Price> read_price(const Value& value) {
  Price price;
  if (!read_object(value, price_fields(), price)) return std::nullopt;
  const std::set<std::string> given = names_given(value);
  if (!given.contains("input") && !given.contains("output") && !given.contains("per_request")) {
    value.refuse("says no price: input, output or per_request is required; 0 is what costs nothing");
  }
  return price;
}

std::optional<PriceTable> read_prices(const Value& value) {
  const auto members = value.members();
  if (!members) return std::nullopt;
  PriceTable table;
  for (const auto& [pattern, member] : *members) {
    if (const auto fault = name_fault(pattern)) member.refuse(*fault);
    if (const auto price = read_price(member)) table.rows.push_back({pattern, *price});
  }
  return table;
}

PricesFile read_prices_file(const std::string& path, Report& report) {
  PricesFile file;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return file;
  const Result<std::string> text = read_text_file(path, kPricesFileBytesMax);
  if (!text) {
    report.problems.push_back({kPricesFileName, "can't be read: " + text.error().detail});
    return file;
  }
  const Document document = parse_document(*text);
  for (const Problem& problem : document.problems) {
    report.problems.push_back({path_in_file(problem.path), problem.message});
  }
  if (!document.readable) return file;
  const Value root(document.root, kPricesFileName, report);
  if (!read_object(root, prices_file_fields(), file)) return file;
  const std::set<std::string> given = names_given(root);
  for (const char* required : {"date", "prices"}) {
    if (!given.contains(required)) root.refuse(in_quotes(required) + " is required");
  }
  return file;
}

}  // namespace aigw::config
