#include "protocol/canonical/media.h"

#include <doctest/doctest.h>

#include <string>

#include "base/digest.h"

namespace aigw::protocol::canonical {
namespace {

using namespace std::string_literals;

const std::string kPng = "\x89PNG\r\n\x1A\nrest"s;
const std::string kPdf = "%PDF-1.7"s;

}  // namespace

TEST_SUITE("protocol/canonical/media") {
  TEST_CASE("a data URL is read however it is written") {
    struct Row {
      std::string url;
      std::string type;
      std::string bytes;
    };
    const Row rows[] = {
        {"data:image/bmp;base64,Zm9v", "image/bmp", "foo"},
        {"DATA:Image/JPG;charset=x;Base64,Zm9v", "image/jpeg", "foo"},
        {"data:application/octet-stream;base64,-__-", "application/octet-stream", "\xFB\xFF\xFE"},
        {"data:text/plain;base64,Zm9 v\nYg", "text/plain", "foob"},
        {"data:text/plain;base64,Zg%3D%3D", "text/plain", "f"},
        {"data:text/html,a%20b%C3%A9,100%", "text/html", "a bé,100%"},
        {"data:,hi", "text/plain", "hi"},
        {"data:;base64," + to_base64(kPng), "image/png", kPng},
    };
    for (const Row& row : rows) {
      CAPTURE(row.url);
      const std::optional<DataUrl> content = parse_data_url(row.url);
      REQUIRE(content);
      CHECK(content->media_type == row.type);
      CHECK(content->base64 == to_base64(row.bytes));
    }
  }

  TEST_CASE("what is no data URL, or holds broken base64, gives nothing") {
    for (const char* url : {"", "https://x/y.png", "data:image/png", "data:image/png;base64,Zm9vY", "data:;base64,*"}) {
      CAPTURE(url);
      CHECK(!parse_data_url(url));
    }
  }

  TEST_CASE("the first bytes win over a wrong type among the five, and over no other") {
    struct Row {
      const char* declared;
      std::string bytes;
      const char* want;
    };
    for (const Row& row :
         {Row{"image/png", "\xFF\xD8\xFF\xE0"s, "image/jpeg"}, Row{"image/jpeg", kPng, "image/png"},
          Row{"image/jpeg", "GIF89a"s, "image/gif"}, Row{"image/gif", "RIFF\1\2\3\4WEBPVP8 "s, "image/webp"},
          Row{"image/webp", kPdf, "application/pdf"}, Row{"application/pdf", kPng, "image/png"},
          Row{"image/webp", "RIFF\1\2\3\4WAVE"s, "image/webp"}, Row{"image/png", "unknown"s, "image/png"},
          Row{"image/bmp", kPng, "image/bmp"}, Row{"audio/wav", kPdf, "audio/wav"},
          Row{"image/png", "", "image/png"}}) {
      CAPTURE(row.declared);
      CHECK(parse_data_url(data_url(row.declared, to_base64(row.bytes)))->media_type == row.want);
    }
  }

  TEST_CASE("media behind a URL are what their type says") {
    Notes notes;
    const Media image = media_of_url("data:image/png;base64,Zm9v", Media::Kind::Image, "p", notes);
    CHECK(image.kind == Media::Kind::Image);
    CHECK(image.source == Media::Source::Base64);
    CHECK(image.data == "Zm9v");

    const Media pdf = media_of_url(data_url("application/pdf", to_base64(kPdf)), Media::Kind::Image, "p", notes);
    CHECK(pdf.kind == Media::Kind::Document);
    const Media scan = media_of_base64("application/pdf", to_base64(kPng), Media::Kind::Document, "p", notes);
    CHECK(scan.kind == Media::Kind::Image);
    CHECK(scan.media_type == "image/png");

    const Media remote = media_of_url("https://x/y", Media::Kind::Document, "p", notes);
    CHECK(remote.kind == Media::Kind::Document);
    CHECK(remote.source == Media::Source::Url);
    CHECK(remote.data == "https://x/y");
    CHECK(remote.media_type.empty());

    const Media sound = media_of_base64("Audio/WAV; rate=1", " Zm9 v\n", Media::Kind::Audio, "p", notes);
    CHECK(sound.kind == Media::Kind::Audio);
    CHECK(sound.media_type == "audio/wav");
    CHECK(sound.data == "Zm9v");
    CHECK(!notes.rejection());
  }

  TEST_CASE("broken data are refused by the name of their field") {
    for (const bool is_url : {true, false}) {
      Notes notes;
      if (is_url) {
        media_of_url("data:image/png;base64,Zm9vY", Media::Kind::Image, "messages[0].content[1]", notes);
      } else {
        media_of_base64("image/png", "Zm9vY", Media::Kind::Image, "messages[0].content[1]", notes);
      }
      REQUIRE(notes.rejection());
      CHECK(notes.rejection()->param == "messages[0].content[1]");
    }
  }

  TEST_CASE("a text document becomes text under its headings") {
    Media document;
    document.kind = Media::Kind::TextDocument;
    document.source = Media::Source::Text;
    document.data = "body";
    CHECK(document_text(document) == "body");
    document.name = "Title";
    document.context = "Context";
    CHECK(document_text(document) == "Title\nContext\nbody");
    document.source = Media::Source::Base64;
    document.data = to_base64("decoded");
    CHECK(document_text(document) == "Title\nContext\ndecoded");
  }

  TEST_CASE("Messages takes four types of images") {
    for (const char* type : {"image/jpeg", "image/png", "image/gif", "image/webp"}) CHECK(is_messages_image(type));
    for (const char* type : {"", "image/jpg", "image/bmp", "application/pdf"}) CHECK(!is_messages_image(type));
  }
}

}  // namespace aigw::protocol::canonical
