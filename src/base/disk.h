// The few things that durable data needs of files, each with an error that names the path and the reason.
//
// Stateless. An Error is of kind Io, its detail a sentence such as
// `can't write /app/data/usage/journal: No space left on device`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace aigw {

// `can't <verb> <path>: <errno's text>`, for the errno of the call before.
Error disk_error(std::string_view verb, const std::filesystem::path& path);

// The whole file; an error of kind Invalid if it has more than `bytes_max` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

// Hands the file over in pieces of a few hundred KB, each of which ends with a line end, but for the last one. A line
// that is longer than 64 MB is an error of kind Invalid.
Status read_lines(const std::filesystem::path& path, const std::function<void(std::string_view lines)>& visit);

// True only if nothing is there; a file that can't be examined is not missing.
bool is_missing(const std::filesystem::path& path);

// Whether `path` is the name of the open file.
bool is_same_file(const std::filesystem::path& path, const Fd& file);

// Writes `text` to a file beside `path`, a hidden one (`.<name>.tmp`), creating the folder if need be.
enum class Sync { Now, Later };
enum class Readers { All, OwnerAlone };  // who may read the file: its mode is 0644, less the umask, or 0600
Status write_beside(const std::filesystem::path& path, std::string_view text, Sync sync,
                    Readers readers = Readers::All);
// Puts that file in the place of `path`, atomically.
Status put_in_place(const std::filesystem::path& path);
// The same for a file that exists; false, and nothing done, if it does not. The two change places, and the next
// write_beside() writes over the old one: when ext4 makes a file it looks through all that were removed in the last
// minutes (recently_deleted in its ialloc.c), so making thousands every few seconds took it 2 s each time.
Result<bool> change_places(const std::filesystem::path& path);
void remove_beside(const std::filesystem::path& path);

// Puts another text into a file that exists, durably: atomically, with the file's mode and, as far as the system lets
// us, its owner. A symbolic link stays one. Where the file can't be replaced (it is mounted alone, or its folder can't
// be written) it is written over, after the room for it was taken; after an error it holds what it held before.
Status rewrite_file(const std::filesystem::path& path, std::string_view text);
// Whether that may be done: somebody's permission to write stands in the file's mode, and the system gives it to us.
bool is_writable(const std::filesystem::path& path);

// What was added to the end of a file; can be taken back as long as nobody else has added to it.
struct Appended {
  Fd file;
  std::int64_t bytes_before = 0;
};
// Appends whole lines to `path` with one write, and syncs; a file that is missing is created (its name is durable after
// sync_folder). If the file's last line is torn, theirs begin on a new one. On an error nothing is left of them.
Result<Appended> append_lines(const std::filesystem::path& path, std::string_view lines);
void take_back(const Appended& appended);

// Makes the names in a folder durable.
Status sync_folder(const std::filesystem::path& folder);
// Makes everything on the folder's file system durable: cheaper than many files one by one.
Status sync_file_system(const std::filesystem::path& folder);

// Renames `path` to `<path>.corrupt`, in place of an older one.
Status set_aside(const std::filesystem::path& path);

}  // namespace aigw
