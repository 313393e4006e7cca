#include "usage/history.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/zone.h"
#include "config/temporary_folder.h"
#include "usage/file_size_limit.h"

namespace aigw::usage {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;

const WallTime kEver{};
const WallTime kNever = kEver + hours(24 * 365 * 200);

// A folder `history` that does not exist yet.
struct Place {
  const config::TemporaryFolder around;
  const fs::path folder = fs::path(around.path()) / "data" / "history";
  const History history{folder};

  std::string text(const std::string& file) const {
    std::ifstream stream(folder / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void put(const std::string& file, const std::string& text) const {
    fs::create_directories(folder);
    std::ofstream(folder / file, std::ios::binary) << text;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

HistoryRow row_of(WallTime hour, std::int64_t requests = 1, const std::string& model = "gpt") {
  HistoryRow row{model, "openai", {}};
  row.total.hour = hour;
  row.total.first = hour + Millis(1'234);
  row.total.key = "-";
  row.total.used = {requests, 10 * requests, 5 * requests, 3 * requests, 2, 1, 17'000 * requests, 4};
  row.total.duration = Millis(100 * requests);
  return row;
}

std::string line_of(WallTime hour, std::int64_t requests = 1) {
  const Place place;
  REQUIRE(place.history.append({row_of(hour, requests)}));
  return place.text(place.files().at(0));
}

struct Seen {
  std::vector<HistoryRow> rows;
  std::int64_t unreadable = 0;

  // `2024-05-10 14:00 +02:00 gpt 3`
  std::vector<std::string> texts() const {
    std::vector<std::string> result;
    for (const HistoryRow& row : rows) {
      result.push_back(text_of(row.total.hour) + " " + row.model + " " + std::to_string(row.total.used.requests));
    }
    return result;
  }
};

Seen read(const Place& place, const std::vector<HistoryRow>& pending = {}, WallTime from = kEver,
          WallTime to = kNever) {
  Seen seen;
  const auto unreadable =
      place.history.read(from, to, pending, [&](const HistoryRow& row) { seen.rows.push_back(row); });
  REQUIRE_MESSAGE(unreadable, (unreadable ? std::string() : unreadable.error().detail));
  seen.unreadable = *unreadable;
  return seen;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_SUITE("usage/history") {

TEST_CASE("a row is a line of JSON, in the file of its day") {
  const Zone zone(kBerlin);
  const Place place;
  HistoryRow row = row_of(at("2024-05-10 14:00 +02:00"), 3);
  row.model = "a \"b\"\n日本";
  row.total.key = "team";
  REQUIRE(place.history.append({row}));
  CHECK(place.text("2024-05-10.jsonl") ==
        "{\"hour\":\"2024-05-10T14:00:00+02:00\",\"first_ms\":1715342401234,\"model\":\"a \\\"b\\\"\\n日本\","
        "\"provider\":\"openai\",\"key\":\"team\",\"requests\":3,\"prompt_tokens\":30,\"completion_tokens\":15,"
        "\"estimated_tokens\":2,\"errors\":1,\"cached_tokens\":9,\"cost_nanos\":51000,\"unpriced_requests\":4,"
        "\"duration_ms\":300}\n");

  const Seen seen = read(place);
  REQUIRE(seen.rows.size() == 1);
  const HistoryRow& back = seen.rows[0];
  CHECK(back.model == row.model);
  CHECK(back.provider == "openai");
  CHECK(back.total.hour == row.total.hour);
  CHECK(back.total.first == row.total.first);
  CHECK(back.total.key == "team");
  CHECK(back.total.used == row.total.used);
  CHECK(back.total.duration == Millis(300));
  CHECK(seen.unreadable == 0);
}

TEST_CASE("a line from before there was money is read, with none; one with nonsense for it is not") {
  const std::string head =
      "{\"hour\":\"2024-05-10T14:00:00+02:00\",\"first_ms\":1715342401234,\"model\":\"gpt\",\"provider\":\"openai\","
      "\"key\":\"-\",\"requests\":3,\"prompt_tokens\":30,\"completion_tokens\":15,\"estimated_tokens\":2,\"errors\":1,";
  struct Row {
    std::string more;
    bool good;
  };
  for (const Row& row : {Row{"", true}, Row{"\"cost_nanos\":-1,", false}, Row{"\"cost_nanos\":\"1\",", false},
                         Row{"\"cached_tokens\":1.5,", false}, Row{"\"unpriced_requests\":null,", false}}) {
    CAPTURE(row.more);
    const Place place;
    place.put("2024-05-10.jsonl", head + row.more + "\"duration_ms\":300}\n");
    const Seen seen = read(place);
    CHECK(seen.unreadable == (row.good ? 0 : 1));
    REQUIRE(seen.rows.size() == (row.good ? 1 : 0));
    if (row.good) CHECK(seen.rows[0].total.used == Counts{3, 30, 15, 0, 2, 1, 0, 0});
  }
}

TEST_CASE("rows of several days go to several files, and later ones behind them") {
  const Zone zone(kBerlin);
  const Place place;
  const WallTime last_hour = at("2024-05-10 23:00 +02:00");
  REQUIRE(place.history.append({row_of(last_hour), row_of(last_hour + hours(1))}));
  REQUIRE(place.history.append({row_of(last_hour + hours(2), 2)}));
  REQUIRE(place.history.append({}));
  CHECK(place.files() == Texts{"2024-05-10.jsonl", "2024-05-11.jsonl"});
  CHECK(place.text("2024-05-11.jsonl") == line_of(last_hour + hours(1)) + line_of(last_hour + hours(2), 2));
  CHECK(read(place).texts() ==
        Texts{"2024-05-10 23:00 +02:00 gpt 1", "2024-05-11 00:00 +02:00 gpt 1", "2024-05-11 01:00 +02:00 gpt 2"});
}

TEST_CASE("hours from the first time on and before the second are read") {
  const Zone zone(kUtc);
  const Place place;
  const WallTime noon = at("2024-05-10 12:00 +00:00");
  std::vector<HistoryRow> rows;
  for (int day = -4; day <= 4; ++day) rows.push_back(row_of(noon + hours(24 * day)));
  REQUIRE(place.history.append(rows));
  const Texts just_noon = {"2024-05-10 12:00 +00:00 gpt 1"};
  CHECK(read(place, {}, noon, noon + minutes(1)).texts() == just_noon);
  CHECK(read(place, {}, noon, noon + hours(24)).texts() == just_noon);
  CHECK(read(place, {}, noon + minutes(1), noon + hours(24)).texts().empty());
  CHECK(read(place, {}, noon - hours(24), noon + hours(25)).texts().size() == 3);
  CHECK(read(place, {row_of(noon + hours(1)), row_of(noon + hours(24))}, noon, noon + hours(24)).texts() ==
        Texts{"2024-05-10 12:00 +00:00 gpt 1", "2024-05-10 13:00 +00:00 gpt 1"});
}

TEST_CASE("what was written in another zone is found") {
  const char* const kFarEast = "<+14>-14";
  const char* const kFarWest = "<-12>12";
  for (const auto& [writer, reader] : {std::pair{kFarEast, kFarWest}, std::pair{kFarWest, kFarEast}}) {
    const Place place;
    const WallTime hour = at("2024-05-10 10:00 +00:00");
    {
      const Zone zone(writer);
      REQUIRE(place.history.append({row_of(hour), row_of(hour + hours(1))}));
    }
    const Zone zone(reader);
    CHECK(read(place, {row_of(hour, 2)}, hour, hour + hours(2)).texts() ==
          Texts{text_of(hour + hours(1)) + " gpt 1", text_of(hour) + " gpt 2"});
  }
}

TEST_CASE("a total that is there twice is counted once, the largest") {
  const Zone zone(kUtc);
  const Place place;
  const WallTime hour = at("2024-05-10 12:00 +00:00");
  HistoryRow more_errors = row_of(hour, 5);
  more_errors.total.used.errors = 9;
  REQUIRE(place.history.append({row_of(hour, 3), row_of(hour, 5), more_errors, row_of(hour, 5), row_of(hour, 4)}));
  const Seen files = read(place);
  REQUIRE(files.rows.size() == 1);
  CHECK(files.rows[0].total.used == more_errors.total.used);
  CHECK(read(place, {row_of(hour, 4)}).texts() == Texts{"2024-05-10 12:00 +00:00 gpt 5"});
  CHECK(read(place, {row_of(hour, 6), row_of(hour, 2)}).texts() == Texts{"2024-05-10 12:00 +00:00 gpt 6"});
}

TEST_CASE("totals that differ in one of their marks are several") {
  const Zone zone(kUtc);
  const Place place;
  const WallTime hour = at("2024-05-10 12:00 +00:00");
  std::vector<HistoryRow> rows(5, row_of(hour));
  rows[1].model = "other";
  rows[2].provider = "other";
  rows[3].total.key = "other";
  rows[4].total.first += Millis(1);
  REQUIRE(place.history.append(rows));
  CHECK(read(place).rows.size() == 5);
  CHECK(read(place, rows).rows.size() == 5);
}

TEST_CASE("a name that is no UTF-8 is the same in files and pending") {
  const Zone zone(kUtc);
  const Place place;
  const HistoryRow row = row_of(at("2024-05-10 12:00 +00:00"), 1, "caf\xE9");
  REQUIRE(place.history.append({row}));
  CHECK(read(place, {row}).texts() == Texts{"2024-05-10 12:00 +00:00 caf\uFFFD 1"});
}

TEST_CASE("without a folder there is nothing, and nothing to drop") {
  const Place place;
  CHECK(read(place).rows.empty());
  CHECK(place.history.drop_before(kNever));
  CHECK_FALSE(fs::exists(place.folder));
}

TEST_CASE("lines that can't be read are left out and counted") {
  const Zone zone(kUtc);
  const std::string good = line_of(at("2024-05-10 12:00 +00:00"));
  struct Row {
    const char* name;
    std::string line;
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    REQUIRE(line.find(from) != std::string::npos);
    return line.replace(line.find(from), from.size(), to);
  };
  for (const Row& row : {Row{"torn", good.substr(0, 100) + "\n"}, Row{"no JSON", "hello\n"}, Row{"no object", "[1]\n"},
                         Row{"two values", "{} {}\n"}, Row{"zeros of a power failure", std::string(50, '\0') + "\n"},
                         Row{"no UTF-8", with("gpt", "\xFF")}, Row{"a member missing", with("\"errors\":1,", "")},
                         Row{"a text for a count", with("\"errors\":1", "\"errors\":\"1\"")},
                         Row{"a negative count", with("\"errors\":1", "\"errors\":-1")},
                         Row{"a fraction", with("\"errors\":1", "\"errors\":1.5")},
                         Row{"too large", with("\"errors\":1", "\"errors\":100000000000000001")},
                         Row{"too late", with("1234,", "12340000,")},
                         Row{"no time", with("2024-05-10T12", "2024-05-10T25")},
                         Row{"nested deep", std::string(100'000, '[') + "\n"}}) {
    CAPTURE(row.name);
    const Place place;
    place.put("2024-05-10.jsonl", row.line + good + row.line);
    const Seen seen = read(place);
    CHECK(seen.texts() == Texts{"2024-05-10 12:00 +00:00 gpt 1"});
    CHECK(seen.unreadable == 2);
  }
}

TEST_CASE("further members and empty lines are no fault") {
  const Zone zone(kUtc);
  std::string line = line_of(at("2024-05-10 12:00 +00:00"));
  line.insert(1, "\"cost\":0.25,");
  const Place place;
  place.put("2024-05-10.jsonl", "\n" + line + "\n\n");
  CHECK(read(place).texts() == Texts{"2024-05-10 12:00 +00:00 gpt 1"});
  CHECK(read(place).unreadable == 0);
}

TEST_CASE("a last line that is being written is no fault, at whatever byte it stands") {
  const Zone zone(kUtc);
  const WallTime hour = at("2024-05-10 12:00 +00:00");
  const std::string first = line_of(hour);
  const std::string second = line_of(hour + hours(1));
  const Place place;
  for (std::size_t bytes = 0; bytes <= second.size(); ++bytes) {
    CAPTURE(bytes);
    place.put("2024-05-10.jsonl", first + second.substr(0, bytes));
    const Seen seen = read(place);
    CHECK(seen.unreadable == 0);
    CHECK(seen.rows.size() == (bytes + 1 >= second.size() ? 2 : 1));
  }
}

TEST_CASE("behind a torn line the next one begins anew, at whatever byte it was torn") {
  const Zone zone(kUtc);
  const WallTime hour = at("2024-05-10 12:00 +00:00");
  const std::string torn = line_of(hour);
  const std::string next = line_of(hour + hours(1));
  const Place place;
  for (std::size_t bytes = 0; bytes <= torn.size(); ++bytes) {
    CAPTURE(bytes);
    place.put("2024-05-10.jsonl", torn.substr(0, bytes));
    REQUIRE(place.history.append({row_of(hour + hours(1))}));
    const bool begun = bytes > 0 && bytes < torn.size();
    CHECK(place.text("2024-05-10.jsonl") == torn.substr(0, bytes) + (begun ? "\n" : "") + next);
    const Seen seen = read(place);
    CHECK(seen.rows.size() == (bytes + 1 >= torn.size() ? 2 : 1));
    CHECK(seen.unreadable == (begun && bytes + 1 < torn.size() ? 1 : 0));
  }
}

TEST_CASE("a write that broke off is taken back, and tried again it doubles nothing") {
  const Zone zone(kUtc);
  const WallTime last_hour = at("2024-05-10 23:00 +00:00");
  const Place place;
  REQUIRE(place.history.append({row_of(last_hour - hours(1))}));
  const std::string before = place.text("2024-05-10.jsonl");
  // The day before has room for its row, the next one has not.
  const std::vector<HistoryRow> rows = {row_of(last_hour), row_of(last_hour + hours(1)), row_of(last_hour + hours(2)),
                                        row_of(last_hour + hours(3))};
  for (const std::size_t room : {before.size() + 100, 2 * before.size() + 50}) {
    CAPTURE(room);
    const FileSizeLimit limit(room);
    const Status status = place.history.append(rows);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::Io);
    CHECK(status.error().detail.find("can't write " + place.folder.string()) == 0);
    CHECK(place.text("2024-05-10.jsonl") == before);
    CHECK(place.text("2024-05-11.jsonl").empty());
  }
  REQUIRE(place.history.append(rows));
  CHECK(place.text("2024-05-10.jsonl") == before + line_of(last_hour));
  CHECK(read(place).rows.size() == 5);
}

TEST_CASE("a folder that can't be made is an error") {
  const Place place;
  std::ofstream(fs::path(place.around.path()) / "data") << "a file";
  const Status appended = place.history.append({row_of(at("2024-05-10 12:00 +00:00"))});
  REQUIRE_FALSE(appended);
  CHECK(appended.error().kind == ErrorKind::Io);
  CHECK(appended.error().detail == "can't create " + place.folder.string() + ": Not a directory");
  CHECK(read(place).rows.empty());
}

TEST_CASE("a file that is too large is an error that names it") {
  const Zone zone(kUtc);
  const std::string line = line_of(at("2024-05-10 12:00 +00:00"));
  const Place place;
  place.put("2024-05-10.jsonl", line);
  const auto read_at_most = [&](std::size_t bytes) {
    return History(place.folder, bytes).read(kEver, kNever, {}, [](const HistoryRow&) {});
  };
  CHECK(read_at_most(line.size()));
  const auto read = read_at_most(line.size() - 1);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::Io);
  CHECK(read.error().detail == "can't read " + (place.folder / "2024-05-10.jsonl").string() + ": it has more than " +
                                   std::to_string(line.size() - 1) + " bytes");
}

TEST_CASE("files of days that are over by then are dropped, and nothing else") {
  const Zone zone(kBerlin);
  const Place place;
  const Texts strangers = {"2024-05-01.json", "2024-05-01.jsonl.corrupt", "2024-5-1.jsonl", "2024-13-01.jsonl", "notes",
                           ".jsonl"};
  for (const std::string& name : strangers) place.put(name, "mine");
  fs::create_directory(place.folder / "2024-05-02.jsonl");
  for (const char* name : {"2024-05-08.jsonl", "2024-05-09.jsonl", "2024-05-10.jsonl"}) place.put(name, "");
  const auto days = [&] {
    Texts names = place.files();
    names.erase(std::remove_if(names.begin(), names.end(),
                               [](const std::string& name) { return name.rfind("2024-05-0", 0) != 0 &&
                                                                    name.rfind("2024-05-1", 0) != 0; }),
                names.end());
    return names;
  };
  const std::size_t all = place.files().size();
  REQUIRE(place.history.drop_before(at("2024-05-08 23:59 +02:00")));
  CHECK(place.files().size() == all);
  REQUIRE(place.history.drop_before(at("2024-05-10 00:00 +02:00")));
  CHECK(days() == Texts{"2024-05-01.json", "2024-05-01.jsonl.corrupt", "2024-05-02.jsonl", "2024-05-10.jsonl"});
  CHECK(place.files().size() == all - 2);
  CHECK(read(place).rows.empty());
}

}  // TEST_SUITE

}  // namespace aigw::usage
