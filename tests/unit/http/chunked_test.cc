// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

struct Decoded {
  std::string data;
  std::string error;
  bool done = false;
  std::size_t consumed = 0;
};

Decoded decode(std::string_view text, std::size_t piece) {
  Decoded out;
  ChunkedDecoder decoder;
  while (out.consumed < text.size() && !out.done && out.error.empty()) {
    const auto step = decoder.decode(text.substr(out.consumed, piece));
    out.data.append(step.data);
    out.error = std::string(step.error);
    out.done = step.done;
    out.consumed += step.consumed;
  }
  return out;
}

TEST(ChunkedDecoder, GivesTheSameWhateverThePieces) {
  const std::string text = "4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\nX: y\r\n\r\nNEXT";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Decoded out = decode(text, piece);
    EXPECT_EQ(out.data, "Wikipedia");
    EXPECT_TRUE(out.done);
    EXPECT_EQ(out.error, "");
    EXPECT_EQ(text.substr(out.consumed), "NEXT");
  }
}

TEST(ChunkedDecoder, RefusesWhatOthersReadDifferently) {
  const std::string long_extension = "1;" + std::string(5000, 'a') + "\r\nx\r\n0\r\n\r\n";
  for (const std::string& text : {std::string("0_2e\r\n"), std::string("+1\r\n"), std::string("0x1\r\n"), std::string(" 1\r\n"), std::string("1 \r\n"),
                                  std::string("11111111111111111\r\n"), std::string("1\nx"), std::string("1\r\nxy"), std::string("1\r\nx\n"),
                                  std::string("1;a\nb\r\n"), std::string("\r\n"), std::string("0\r\n X: y\r\n\r\n"), long_extension}) {
    const Decoded out = decode(text, text.size());
    EXPECT_NE(out.error, "") << text.substr(0, 20);
    EXPECT_FALSE(out.done);
  }
}

TEST(ChunkedDecoder, IsNotDoneBeforeTheLastLineEnds) {
  EXPECT_FALSE(decode("1\r\nx\r\n0\r\n", 100).done);
  EXPECT_FALSE(decode("1\r\nx\r\n0\r\n\r", 100).done);
}

}  // namespace
}  // namespace raykeep::http
