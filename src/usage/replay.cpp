#include "usage/replay.h"

#include <algorithm>

#include "usage/names.h"

namespace aigw::usage {

Replay::Replay(const std::vector<std::shared_ptr<Counter>>& counters, std::set<std::string> broken_files,
               Wallets& wallets)
    : broken_files_(std::move(broken_files)), wallets_(wallets) {
  for (const auto& counter : counters) targets_[counter->tag()] = {counter, counter->sequence(), true};
}

std::int64_t Replay::read(std::string_view journal) {
  std::int64_t damaged_lines = 0;
  while (!journal.empty()) {
    const std::size_t end = journal.find('\n');
    const std::string_view line = journal.substr(0, end);
    journal.remove_prefix(end == std::string_view::npos ? journal.size() : end + 1);
    if (line.empty()) continue;
    std::optional<Record> record = parse_record(line);
    if (!record) {
      ++damaged_lines;
      continue;
    }
    const std::string key = name_of(record->used.key);
    record->used.key = key;
    for (const Mark& mark : record->marks) count(mark, record->used, record->time);
    if (const auto& debit = record->debit) {
      wallets_.replay(name_of(debit->owner), key, debit->sequence, record->used.charge, record->time);
    }
  }
  return damaged_lines;
}

std::vector<std::shared_ptr<Counter>> Replay::counters() const {
  std::vector<std::shared_ptr<Counter>> result;
  for (const auto& [tag, target] : targets_) result.push_back(target.counter);
  return result;
}

void Replay::count(const Mark& mark, const Used& used, WallTime time) {
  Target& known = target(mark.tag, time);
  if (mark.sequence <= known.included) return;
  if (known.count_all || !mark.saved) {
    known.counter->replay(mark, used, time);
  } else {
    known.counter->skip(mark, used, time);
    known.included = mark.sequence;
  }
}

Replay::Target& Replay::target(std::string_view tag, WallTime time) {
  const auto found = targets_.find(tag);
  if (found != targets_.end()) return found->second;
  auto [model, provider] = names_of(tag);
  auto counter = std::make_shared<Counter>(std::move(model), std::move(provider), time);
  const bool broken = broken_files_.count(counter->file()) != 0;
  return targets_[std::string(tag)] = {counter, 0, broken};
}

}  // namespace aigw::usage
