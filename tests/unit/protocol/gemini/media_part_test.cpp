#include "protocol/gemini/media_part.h"

#include <doctest/doctest.h>

#include "protocol/gemini/requests.h"

namespace aigw::protocol::gemini {
namespace {

using canonical::Media;
using Kind = Media::Kind;
using Source = Media::Source;

struct Row {
  const char* name;
  Media media;
  const char* want;
};

}  // namespace

TEST_SUITE("protocol/gemini/media_part") {
  TEST_CASE("files go inline, or by a URL that Google fetches") {
    const Row rows[] = {
        {"image", {Kind::Image, Source::Base64, "image/webp", "AAAA", "", "", ""},
         R"({"inlineData":{"mimeType":"image/webp","data":"AAAA"}})"},
        {"image by URL", {Kind::Image, Source::Url, "", "https://a.example/x.PNG?y=.gif", "", "", ""},
         R"({"fileData":{"fileUri":"https://a.example/x.PNG?y=.gif","mimeType":"image/png"}})"},
        {"image by a URL that tells no type", {Kind::Image, Source::Url, "", "https://a.example/x", "", "", ""},
         R"({"fileData":{"fileUri":"https://a.example/x","mimeType":"image/jpeg"}})"},
        {"PDF", {Kind::Document, Source::Base64, "application/pdf", "AAAA", "x.pdf", "", ""},
         R"({"inlineData":{"mimeType":"application/pdf","data":"AAAA"}})"},
        {"PDF by URL", {Kind::Document, Source::Url, "", "https://a.example/x", "", "", ""},
         R"({"fileData":{"fileUri":"https://a.example/x","mimeType":"application/pdf"}})"},
        {"text", {Kind::TextDocument, Source::Text, "text/plain", "words", "", "", ""}, R"({"text":"words"})"},
        {"wav", {Kind::Audio, Source::Base64, "audio/wav", "AAAA", "", "", ""},
         R"({"inlineData":{"mimeType":"audio/wav","data":"AAAA"}})"},
        {"mp3", {Kind::Audio, Source::Base64, "audio/mpeg", "AAAA", "", "", ""},
         R"({"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}})"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      canonical::Notes notes;
      const std::optional<Json> part = media_part(row.media, {}, notes);
      REQUIRE(part);
      CHECK(part->dump() == tree(row.want).dump());
      CHECK_FALSE(notes.rejection());
      CHECK(notes.dropped().empty());
    }
  }

  TEST_CASE("what can't be sent is rejected") {
    config::Capabilities blind;
    blind.vision = false;
    const std::pair<Media, config::Capabilities> rows[] = {
        {{Kind::Image, Source::FileId, "", "file-1", "", "", ""}, {}},
        {{Kind::Document, Source::FileId, "", "file-1", "", "", ""}, {}},
        {{Kind::Image, Source::Url, "", "http://a.example/x.png", "", "", ""}, {}},
        {{Kind::Image, Source::Base64, "image/png", "AAAA", "", "", ""}, blind},
    };
    for (const auto& row : rows) {
      CAPTURE(row.first.data);
      canonical::Notes notes;
      CHECK_FALSE(media_part(row.first, row.second, notes));
      REQUIRE(notes.rejection());
      CHECK(notes.rejection()->param == "messages");
    }
  }

  TEST_CASE("how closely to look is dropped where it was said") {
    for (const char* detail : {"", "auto", "low", "high"}) {
      CAPTURE(detail);
      canonical::Notes notes;
      CHECK(media_part({Kind::Image, Source::Base64, "image/png", "AAAA", "", "", detail}, {}, notes));
      CHECK(notes.dropped().size() == (std::string(detail).size() > 2 && std::string(detail) != "auto" ? 1 : 0));
    }
  }
}

}  // namespace aigw::protocol::gemini
