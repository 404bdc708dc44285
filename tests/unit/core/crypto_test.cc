// SPDX-License-Identifier: Apache-2.0
#include "core/crypto.h"

#include <gtest/gtest.h>

#include <set>

#include "core/encoding.h"

namespace raykeep {
namespace {

std::string hex(const Digest& digest) { return hex_encode(as_text(digest)); }
std::string sha1_hex(std::string_view bytes) {
  const auto digest = sha1(bytes);
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// FIPS 180-2, appendix B.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, HashesBytesAfterANul) { EXPECT_NE(hex(sha256(std::string_view("a\0b", 3))), hex(sha256(std::string_view("a\0c", 3)))); }

TEST(Sha1, GivesThePublishedDigest) { EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"); }

// RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
TEST(HmacSha256, GivesThePublishedDigests) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKeyAndText) {
  EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Sha256Stream, GivesTheDigestOfTheWholeHoweverItIsCut) {
  const std::string bytes(1000, 'x');
  for (const std::size_t piece : {1U, 7U, 64U, 999U, 1000U}) {
    Sha256Stream stream;
    for (std::size_t at = 0; at < bytes.size(); at += piece) stream.update(std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(hex(stream.finish()), hex(sha256(bytes))) << piece;
  }
  EXPECT_EQ(hex(Sha256Stream().finish()), hex(sha256("")));
}

TEST(RandomBytes, GivesAsManyAsAskedForAndNeverTheSame) {
  EXPECT_EQ(random_bytes(0).size(), 0U);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.begin()->size(), 16U);
}

TEST(ConstantTimeEqual, ComparesAllBytesAndTheLengths) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(constant_time_equal("abc", "Abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
  EXPECT_FALSE(constant_time_equal("", "a"));
}

}  // namespace
}  // namespace raykeep
