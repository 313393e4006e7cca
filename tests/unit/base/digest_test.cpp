#include "base/digest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace aigw {

using namespace std::string_literals;

TEST_SUITE("base/digest") {
  TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  }

  TEST_CASE("base64 is written and read back in both alphabets") {
    struct Row {
      std::string bytes;
      const char* standard;
      const char* url_safe;
    };
    for (const Row& row : {Row{"", "", ""}, Row{"f", "Zg==", "Zg"}, Row{"fo", "Zm8=", "Zm8"},
                           Row{"foo", "Zm9v", "Zm9v"},
                           Row{"foob", "Zm9vYg==", "Zm9vYg"}, Row{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                           Row{"\xFB\xFF\xFE", "+//+", "-__-"}, Row{"\0\xFF\0\xFF"s, "AP8A/w==", "AP8A_w"}}) {
      CAPTURE(row.standard);
      CHECK(to_base64(row.bytes) == row.standard);
      CHECK(to_base64url(row.bytes) == row.url_safe);
      CHECK(from_base64(row.standard) == row.bytes);
      CHECK(from_base64(row.url_safe) == row.bytes);
    }
  }

  TEST_CASE("base64 is read however it is wrapped, and nothing else is") {
    CHECK(from_base64(" Zm9v\r\n\tYg = =\n") == "foob");
    CHECK(from_base64("Zg=") == "f");
    for (const char* text : {"Z", "Zm9vY", "Zm9v=", "Zg===", "Z=g=", "Zm9*", "Zm9v%", "Zg==Zg==", "Zm\xC3\xA9v"}) {
      CAPTURE(text);
      CHECK(from_base64(text) == std::nullopt);
    }
  }

  TEST_CASE("random texts are letters and digits, and differ") {
    std::set<std::string> texts;
    for (int i = 0; i < 1000; ++i) texts.insert(random_text(24));
    CHECK(texts.size() == 1000);
    for (const std::string& text : texts) {
      CHECK(text.size() == 24);
      CHECK(std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      }));
    }
    CHECK(random_text(0).empty());
  }
}

}  // namespace aigw
