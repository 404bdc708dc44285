// SPDX-License-Identifier: Apache-2.0
#include "core/encoding.h"

#include <gtest/gtest.h>

namespace raykeep {
namespace {

// RFC 4648 section 10.
TEST(Base64, AgreesWithTheRfcVectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, RefusesWhatIsNotExactlyOneEncoding) {
  for (const std::string_view text : {"Zg", "Zg=", "Zg===", "=", "====", "Zm9=v", "Zm 9v", "Zm9v\n",
                                      "Zh==", "Zm9=", "Z===", "Zm-_", "\xff\xff\xff\xff"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64Url, UsesItsOwnAlphabetAndNoPadding) {
  const std::string bytes = "\xfb\xff\xfe";
  EXPECT_EQ(base64url_encode(bytes), "-__-");
  EXPECT_EQ(base64url_decode("-__-"), bytes);
  for (const std::string_view text : {"+//+", "Zg==", "Z", "Zh", "Zm9v="})
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
}

TEST(Hex, RoundTripsEveryByteAndIsLowerCase) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(hex_decode(hex_encode(bytes)), bytes);
  EXPECT_EQ(hex_encode("\xab"), "ab");
  for (const std::string_view text : {"a", "0x", "AB", "g0", " a"}) EXPECT_EQ(hex_decode(text), std::nullopt) << text;
}

TEST(Utf8, IsWellFormedOrNot) {
  for (const std::string_view text :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const std::string_view text :
       {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff", "a\xfe"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(JsonQuote, IsSafeOnOneLineAndInATerminal) {
  EXPECT_EQ(json_quote("plain"), "\"plain\"");
  EXPECT_EQ(json_quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(json_quote("a\nb\r\t"), "\"a\\u000ab\\u000d\\u0009\"");
  EXPECT_EQ(json_quote("\x1b[2J"), "\"\\u001b[2J\"");
  EXPECT_EQ(json_quote("\xc2\x9b"), "\"\\u009b\"") << "C1 control sequence introducer";
  EXPECT_EQ(json_quote("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
  EXPECT_EQ(json_quote("a\xff"
                       "b"),
            "\"a\\ufffdb\"");
  EXPECT_EQ(json_quote("\xc3\xa9"), "\"\xc3\xa9\"");
  EXPECT_EQ(json_quote(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(HtmlEscape, LeavesNothingThatOpensATagOrEndsAnAttribute) {
  EXPECT_EQ(html_escape("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
}

}  // namespace
}  // namespace raykeep
