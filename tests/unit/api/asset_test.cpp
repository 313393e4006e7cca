#include "api/asset.h"

#include <doctest/doctest.h>

#include <set>

#include "api/embedded_file.h"
#include "base/text.h"

namespace aigw::api {
namespace {

TEST_SUITE("api/asset") {
  TEST_CASE("every file of web/ is there once, under a type that a browser takes") {
    std::set<std::string_view> names;
    for (const EmbeddedFile& file : embedded_files()) {
      CAPTURE(file.name);
      CHECK(names.insert(file.name).second);
      CHECK(file.sha256.size() == 64);
      CHECK(type_of_file(file.name) != "application/octet-stream");
      const auto asset = find_asset(file.name);
      REQUIRE(asset);
      CHECK(asset->gzip.substr(0, 2) == "\x1f\x8b");
    }
    CHECK(names.count("index.html") == 1);
    CHECK_FALSE(find_asset("nothing.js"));
    CHECK_FALSE(find_asset("../web/index.html"));
  }

  TEST_CASE("a client gets the bytes as it takes them, and the same file either way") {
    const auto page = find_asset("index.html");
    REQUIRE(page);
    const http::Reply zipped = asset_reply(*page, {{"Accept-Encoding", "gzip, br"}});
    CHECK(zipped.headers.get("Content-Encoding") == "gzip");
    CHECK(zipped.body == page->gzip);
    const http::Reply plain = asset_reply(*page, {});
    CHECK_FALSE(plain.headers.has("Content-Encoding"));
    CHECK(starts_with(lower(plain.body), "<!doctype html>"));
    CHECK(plain.headers.get("ETag") == zipped.headers.get("ETag"));
    const http::Reply known = asset_reply(*page, {{"If-None-Match", page->etag}, {"Accept-Encoding", "gzip"}});
    CHECK(known.status == 304);
    CHECK(known.body.empty());
  }

  TEST_CASE("gzip is sent to those who take it") {
    struct Row {
      const char* field;
      bool want;
    };
    for (const Row& row : {Row{"", false}, Row{"gzip", true}, Row{"br, GZIP;q=0.5", true}, Row{"x-gzip", true},
                           Row{"*", true}, Row{"gzip;q=0", false}, Row{"gzip; q=0.000", false}, Row{"*;q=0", false},
                           Row{"gzip;q=0, *", false}, Row{"*;q=0, gzip", true}, Row{"br", false},
                           Row{"gzip;q=0.001", true}, Row{"identity", false}}) {
      CAPTURE(row.field);
      CHECK(accepts_gzip(row.field) == row.want);
    }
  }

  TEST_CASE("a client that has the file is not sent it again") {
    struct Row {
      const char* field;
      bool want;
    };
    for (const Row& row : {Row{"", false}, Row{"W/\"a\"", true}, Row{"\"a\"", true}, Row{"\"b\"", false},
                           Row{"\"b\", W/\"a\"", true}, Row{"*", true}, Row{",", false}}) {
      CAPTURE(row.field);
      CHECK(has_etag(row.field, "W/\"a\"") == row.want);
    }
  }
}

}  // namespace
}  // namespace aigw::api
