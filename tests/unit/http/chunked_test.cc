// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace raykeep::http {
namespace {

using namespace std::string_view_literals;

struct Decoded {
  std::string data;
  std::string error;
  bool done = false;
  std::size_t consumed = 0;
};

// Feeds the bytes in pieces of `step`.
Decoded decode(std::string_view bytes, std::size_t step = std::string_view::npos) {
  ChunkedDecoder decoder;
  Decoded out;
  std::size_t given = 0;
  while (out.consumed < bytes.size()) {
    given = std::max(out.consumed, std::min(bytes.size() - out.consumed, step) + out.consumed);
    const auto got = decoder.decode(bytes.substr(out.consumed, given - out.consumed));
    out.data += got.data;
    out.error = got.error;
    out.consumed += got.consumed;
    out.done = got.done;
    if (out.done || !out.error.empty()) break;
  }
  return out;
}

TEST(Chunked, GivesTheDataWhereverTheBytesAreCut) {
  constexpr std::string_view kBody = "5\r\nhello\r\n00A;name=\"value\"\r\n0123456789\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n";
  const std::string text = std::string(kBody) + "GET /next";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const Decoded out = decode(text, step);
    EXPECT_EQ(out.error, "") << step;
    EXPECT_EQ(out.data, "hello0123456789") << step;
    EXPECT_TRUE(out.done) << step;
    EXPECT_EQ(out.consumed, kBody.size()) << step;
  }
}

TEST(Chunked, ABodyThatEndsEarlyIsNotDone) {
  constexpr std::string_view kBody = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t n = 0; n < kBody.size(); ++n) {
    const Decoded out = decode(kBody.substr(0, n));
    EXPECT_FALSE(out.done) << n;
    EXPECT_EQ(out.error, "") << n;
  }
}

TEST(Chunked, WhatIsNotExactlyTheCodingIsRefused) {
  const struct {
    std::string_view name, text, error;
  } cases[] = {
      {"underscore in the size", "0_2e\r\n", "chunk-size"},
      {"plus sign", "+1\r\na\r\n", "chunk-size"},
      {"minus sign", "-1\r\n", "chunk-size"},
      {"0x prefix", "0x1\r\na\r\n", "chunk-size"},
      {"space before the size", " 1\r\na\r\n", "chunk-size"},
      {"space after the size", "1 \r\na\r\n", "chunk-size"},
      {"tab before an extension", "1\t;a\r\na\r\n", "chunk-size"},
      {"empty size", "\r\na\r\n", "chunk-size"},
      {"extension without a size", ";a\r\n", "chunk-size"},
      {"NUL in the size", "1\0\r\n"sv, "chunk-size"},
      {"16 digits", "0000000000000001\r\na\r\n", "chunk-size-too-large"},
      {"17 digits", "10000000000000001\r\n", "chunk-size-too-large"},
      {"bare LF after the size", "1\na\r\n", "chunk-size"},
      {"CR without LF after the size", "1\ra\r\n", "chunk-line-end"},
      {"CR CR LF after the size", "1\r\r\na\r\n", "chunk-line-end"},
      {"bare LF in an extension", "1;a\nb\r\na\r\n", "chunk-extension"},
      {"bare CR in an extension", "1;a\rb\r\na\r\n", "chunk-line-end"},
      {"NUL in an extension", "1;a\0\r\na\r\n"sv, "chunk-extension"},
      {"data longer than the size", "1\r\nab\r\n", "chunk-data-end"},
      {"bare LF after the data", "1\r\na\n0\r\n\r\n", "chunk-data-end"},
      {"CR without LF after the data", "1\r\na\r0\r\n\r\n", "chunk-data-end"},
      {"bare LF after the last chunk", "0\n\r\n", "chunk-size"},
      {"bare LF at the end", "0\r\n\n", "trailer"},
      {"CR without LF at the end", "0\r\n\rG", "trailer-line-end"},
      {"folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "trailer"},
      {"trailer without a colon", "0\r\nA\r\n\r\n", "trailer"},
      {"trailer without a name", "0\r\n: b\r\n\r\n", "trailer"},
      {"space before the colon of a trailer", "0\r\nA : b\r\n\r\n", "trailer"},
      {"a request where a trailer belongs", "0\r\nGET / HTTP/1.1\r\n\r\n", "trailer"},
      {"bare LF in a trailer", "0\r\nA: b\nC: d\r\n\r\n", "trailer"},
      {"bare CR in a trailer", "0\r\nA: b\rc\r\n\r\n", "trailer-line-end"},
      {"NUL in a trailer", "0\r\nA: \0\r\n\r\n"sv, "trailer"},
  };
  for (const auto& c : cases) {
    for (const std::size_t step : {std::size_t{1}, std::string_view::npos}) {
      const Decoded out = decode(c.text, step);
      EXPECT_EQ(out.error, c.error) << c.name;
      EXPECT_FALSE(out.done) << c.name;
    }
  }
}

TEST(Chunked, TheLargestSizeIsCountedExactly) {
  ChunkedDecoder decoder;
  const auto first = decoder.decode("FFFFFFFFFFFFFFF\r\nabc");
  EXPECT_EQ(first.error, "");
  EXPECT_EQ(first.data, "abc");
  const auto second = decoder.decode("0\r\n\r\n");
  EXPECT_EQ(second.data, "0\r\n\r\n") << "still data of the same chunk";
}

TEST(Chunked, ExtensionsAndTrailersAreBoundedOverTheWholeBody) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "1;x\r\na\r\n";
  EXPECT_EQ(decode(many).error, "chunk-extension-too-long");
  EXPECT_EQ(decode("1;" + std::string(5000, 'x') + "\r\n").error, "chunk-extension-too-long");
  EXPECT_EQ(decode("0\r\nA: " + std::string(5000, 'x')).error, "trailers-too-long");
  std::string lines = "0\r\n";
  for (int i = 0; i < 2000; ++i) lines += "A:\r\n";
  EXPECT_EQ(decode(lines).error, "trailers-too-long");
}

TEST(Chunked, TheHeaderOfAChunkIsItsSizeInHexadecimal) {
  EXPECT_EQ(chunk_header(26), "1a\r\n");
  const std::string whole = chunk_header(3) + "abc\r\n" + std::string(kLastChunk);
  EXPECT_EQ(decode(whole).data, "abc");
  EXPECT_TRUE(decode(whole).done);
}

}  // namespace
}  // namespace raykeep::http
