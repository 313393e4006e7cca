// The folder of all counters, `data/usage`: reads what the last process left and writes the counters' files.
//
//   lock                       who uses the folder
//   journal, journal.old       settled exchanges that the files may not include yet (journal.h)
//   <model>/<provider>.json    one counter each (snapshot.h, names.h), and beside it a hidden file for the next save
//   history/                   the usage of the past (history.h)
//   *.corrupt                  what could not be read, for people to look at
//
// For one thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "usage/counter.h"
#include "usage/journal.h"
#include "usage/wallets.h"

namespace aigw::usage {

// What was found: every counter with a file or a record that counts. Charges of the journal go to `wallets`, which has
// read the ledger.
struct Found {
  std::vector<std::shared_ptr<Counter>> counters;
  std::vector<std::string> warnings;  // sentences about broken files, which were set aside
  Journal::Damage journal_damage;
};

// Errors Io: something can't be read although it is there. Broken contents are no error.
Result<Found> read_folder(const std::filesystem::path& folder, Wallets& wallets);

struct Saved {
  int files = 0;
  int first_files = 0;  // of counters that had none
};

// Writes the files of the counters that changed, atomically and durably. A counter whose file somebody deleted meanwhile
// is left for clear_deleted().
Result<Saved> save_changes(const std::filesystem::path& folder, const std::vector<std::shared_ptr<Counter>>& counters);

// Zeroes the counters whose file is gone although it was there.
void clear_deleted(const std::filesystem::path& folder, const std::vector<std::shared_ptr<Counter>>& counters,
                   WallTime now, Resets& resets);

}  // namespace aigw::usage
