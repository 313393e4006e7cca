#include "protocol/params.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "protocol/json_scan.h"
#include "protocol/json_string.h"

namespace aigw::protocol {
namespace {

constexpr std::string_view kNull = "null";

// A member of the body, and what becomes of it.
struct Fate {
  JsonMember member;
  std::string name;  // unescaped; after renaming the new one
  bool is_owned = false;
  bool is_null = false;
  bool is_removed = false;
  bool is_renamed = false;
  std::optional<std::string> moves_to;  // the new name, while renaming
  std::optional<std::string> value;     // instead of its own
};

class Adaptation {
 public:
  Adaptation(std::string_view body, const std::vector<std::string_view>& owned, std::vector<Edit>& edits)
      : body_(body), owned_(owned), edits_(edits) {
    JsonScan scan(body);
    JsonMember member;
    while (scan.next(member)) fates_.push_back(fate_of(member));
    absorb_removals();
  }

  void drop(const std::vector<std::string>& names);
  void rename(const std::map<std::string, std::string>& names);
  void set(const std::map<std::string, std::string>& values);
  void set_defaults(const std::map<std::string, std::string>& values);
  void write();

 private:
  Fate fate_of(const JsonMember& member) const;
  bool is_owned(std::string_view name) const;
  bool is_given(const std::string& name) const;
  void absorb_removals();
  void write_removals();
  void write_insertion();

  std::string_view body_;
  const std::vector<std::string_view>& owned_;
  std::vector<Edit>& edits_;
  std::vector<Fate> fates_;
  std::map<std::string, std::string> inserted_;
};

bool Adaptation::is_owned(std::string_view name) const {
  return std::find(owned_.begin(), owned_.end(), name) != owned_.end();
}

Fate Adaptation::fate_of(const JsonMember& member) const {
  Fate fate;
  fate.member = member;
  const std::string_view token = member.key.of(body_);
  fate.name = unquote(token).value_or(std::string(token));
  fate.is_owned = is_owned(fate.name);
  fate.is_null = member.value.of(body_) == kNull;
  return fate;
}

// Members that other edits take out: where they stand beside one that is taken out here, both would want the comma.
void Adaptation::absorb_removals() {
  std::erase_if(edits_, [this](const Edit& edit) {
    if (!edit.text.empty()) return false;
    bool found = false;
    for (Fate& fate : fates_) {
      const bool covers =
          edit.where.offset <= fate.member.key.offset && fate.member.value.end() <= edit.where.end();
      if (covers) found = fate.is_removed = true;
    }
    return found;
  });
}

void Adaptation::drop(const std::vector<std::string>& names) {
  for (Fate& fate : fates_) {
    const bool is_named = std::find(names.begin(), names.end(), fate.name) != names.end();
    if (is_named && !fate.is_owned) fate.is_removed = true;
  }
}

void Adaptation::rename(const std::map<std::string, std::string>& names) {
  for (Fate& fate : fates_) {
    const auto found = names.find(fate.name);
    if (found == names.end() || found->second == fate.name || fate.is_removed) continue;
    if (!fate.is_owned && !is_owned(found->second)) fate.moves_to = found->second;
  }
  for (Fate& fate : fates_) {
    if (!fate.moves_to) continue;
    const bool stays = is_given(*fate.moves_to);
    for (Fate& other : fates_) {
      if (!stays && !other.moves_to && other.name == *fate.moves_to) other.is_removed = true;
    }
    if (stays) fate.is_removed = true;
  }
  for (Fate& fate : fates_) {
    if (!fate.moves_to) continue;
    fate.name = *std::exchange(fate.moves_to, std::nullopt);
    fate.is_renamed = true;
  }
}

// Whether a value is sent under that name. Of members of the same name the last counts, as in JSON parsers.
bool Adaptation::is_given(const std::string& name) const {
  if (const auto inserted = inserted_.find(name); inserted != inserted_.end()) return inserted->second != kNull;
  const auto last = std::find_if(fates_.rbegin(), fates_.rend(), [&](const Fate& fate) {
    return !fate.is_removed && !fate.moves_to && fate.name == name;
  });
  if (last == fates_.rend()) return false;
  return last->value ? *last->value != kNull : !last->is_null;
}

void Adaptation::set(const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    if (is_owned(name)) continue;
    bool found = false;
    for (Fate& fate : fates_) {
      if (fate.is_removed || fate.name != name) continue;
      fate.value = value;
      found = true;
    }
    if (!found) inserted_[name] = value;
  }
}

void Adaptation::set_defaults(const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string> lacking;
  for (const auto& [name, value] : values) {
    if (!is_given(name)) lacking.emplace(name, value);
  }
  set(lacking);
}

void Adaptation::write() {
  write_removals();
  for (const Fate& fate : fates_) {
    if (fate.is_removed) continue;
    if (fate.is_renamed) edits_.push_back({fate.member.key, quote(fate.name)});
    if (fate.value) edits_.push_back({fate.member.value, *fate.value});
  }
  write_insertion();
  std::stable_sort(edits_.begin(), edits_.end(),
                   [](const Edit& a, const Edit& b) { return a.where.offset < b.where.offset; });
}

// Neighbours that are taken out go with the comma behind them; at the end of the object with the one in front.
void Adaptation::write_removals() {
  for (std::size_t begin = 0; begin < fates_.size(); ++begin) {
    if (!fates_[begin].is_removed) continue;
    std::size_t last = begin;
    while (last + 1 < fates_.size() && fates_[last + 1].is_removed) ++last;
    const JsonMember& first_member = fates_[begin].member;
    const JsonMember& last_member = fates_[last].member;
    std::size_t from = first_member.key.offset;
    std::size_t to = last_member.value.end();
    if (last_member.comma_behind) {
      to = *last_member.comma_behind + 1;
    } else if (first_member.comma_before) {
      from = *first_member.comma_before;
    }
    edits_.push_back({{from, to - from}, ""});
    begin = last;
  }
}

// With what others insert at the same place, and with a comma if a member is left behind it.
void Adaptation::write_insertion() {
  const std::size_t members_begin = body_.find('{') + 1;
  const bool is_last = std::all_of(fates_.begin(), fates_.end(), [](const Fate& fate) { return fate.is_removed; });
  auto place = std::find_if(edits_.begin(), edits_.end(), [&](const Edit& edit) {
    return edit.where.offset == members_begin && edit.where.length == 0;
  });
  if (place == edits_.end()) {
    if (inserted_.empty()) return;
    place = edits_.insert(edits_.end(), {{members_begin, 0}, ""});
  }
  std::string& text = place->text;
  if (!text.empty() && text.back() == ',') text.pop_back();
  for (const auto& [name, value] : inserted_) text += (text.empty() ? "" : ",") + quote(name) + ':' + value;
  if (!is_last) text += ',';
}

}  // namespace

void adapt_params(std::string_view body, const config::Params& params, const std::vector<std::string_view>& owned,
                  std::vector<Edit>& edits) {
  Adaptation adaptation(body, owned, edits);
  adaptation.drop(params.drop);
  adaptation.rename(params.rename);
  adaptation.set(params.set);
  adaptation.set_defaults(params.defaults);
  adaptation.write();
}

std::vector<Edit> adapt_params(std::string_view body, const config::Params& params,
                               const std::vector<std::string_view>& owned) {
  std::vector<Edit> edits;
  adapt_params(body, params, owned, edits);
  return edits;
}

}  // namespace aigw::protocol
