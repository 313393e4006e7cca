// How models, providers and accounts are written where not every byte may stand: in file names and in the
// journal's records. Both forms are percent-encoded. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace aigw::usage {

// The first name of an account's counter, where other counters have their model; also the name of its folder.
inline constexpr std::string_view kAccounts = "_providers";
// The same for those who call: keys and their owners.
inline constexpr std::string_view kKeys = "_keys";
inline constexpr std::string_view kOwners = "_owners";

// The name of the folder or file (without extension) of `name`: letters, digits and `._-` stay, the rest is %XX.
// What the folder uses itself (`journal`, …) and a leading dot are encoded too. A name that would be longer than
// file systems allow is cut and ends with `~` and its hash. Different names give different file names.
std::string file_name_of(std::string_view name);

// `<model>/<provider>.json`, relative to the folder of all counters.
std::string snapshot_path_of(std::string_view model, std::string_view provider);

// A name as a word of a journal record: blanks, control characters and `%` are encoded, so that nothing but the
// separators is a blank or a line end.
std::string word_of(std::string_view name);
std::string name_of(std::string_view word);

// Both names as two words.
std::string tag_of(std::string_view model, std::string_view provider);

// The inverse: model and provider. Precondition: `tag` was made by tag_of.
std::pair<std::string, std::string> names_of(std::string_view tag);

}  // namespace aigw::usage
