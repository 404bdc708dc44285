// SPDX-License-Identifier: Apache-2.0
#include "audit/verify.h"

#include <fstream>
#include <gtest/gtest.h>

#include "audit/chain.h"
#include "support/temp_directory.h"

namespace raykeep::audit {
namespace {

using raykeep::testing::TempDirectory;

std::vector<std::string> lines(int count, const std::string& key = "", std::uint64_t first = 1) {
  Chain chain{Secret(key), first, std::string(kFirstPrev)};
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    Event event;
    event.time = *parse_time("2026-11-23T20:45:31.042Z");
    event.user = "user" + std::to_string(i);
    out.push_back(chain.seal(event));
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

Verification check(const std::vector<std::string>& files_contents, const VerifyOptions& options = {}) {
  TempDirectory directory;
  std::vector<std::string> files;
  for (const std::string& text : files_contents) {
    files.push_back(directory / ("file" + std::to_string(files.size())));
    std::ofstream(files.back(), std::ios::binary) << text;
  }
  auto result = verify(files, options);
  EXPECT_TRUE(result.has_value());
  return *result;
}

void expect_break(const Verification& record, BreakKind kind, std::size_t line) {
  ASSERT_FALSE(record.intact());
  EXPECT_EQ(name_of(record.first_break->kind), name_of(kind));
  EXPECT_EQ(record.first_break->line, line);
}

TEST(Chain, ALineIsWhatItsDescriptionSays) {
  Chain chain{Secret(), 1, std::string(kFirstPrev)};
  Event event;
  event.time = *parse_time("2026-11-23T20:45:31.042Z");
  event.user = "ann";
  event.operation = "jobs.submit";
  event.allowed = true;
  event.status = 200;
  const std::string line = chain.seal(event);
  EXPECT_EQ(line, "{\"seq\":1,\"prev\":\"" + std::string(kFirstPrev) +
                      "\",\"kind\":\"request\",\"time\":\"2026-11-23T20:45:31.042Z\",\"user\":\"ann\",\"operation\":"
                      "\"jobs.submit\","
                      "\"allowed\":true,\"status\":200,\"hash\":\"" +
                      chain.head() + "\"}\n");
}

TEST(Verify, AnUntouchedRecordIsIntact) {
  const auto all = lines(5);
  const Verification record = check({joined(all)});
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.lines, 5U);
  EXPECT_EQ(record.first_seq, 1U);
  EXPECT_EQ(record.last_seq, 5U);
  EXPECT_EQ(record.anchor, kFirstPrev);
}

TEST(Verify, FilesMayComeInAnyOrder) {
  const auto all = lines(6);
  EXPECT_TRUE(check({all[4] + all[5], all[0] + all[1], all[2] + all[3]}).intact());
}

TEST(Verify, EveryChangedByteIsFound) {
  const auto all = lines(3);
  for (std::size_t i = 0; i < all[1].size(); ++i) {
    std::string changed = all[1];
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const Verification record = check({all[0] + changed + all[2]});
    ASSERT_FALSE(record.intact()) << "byte " << i;
    EXPECT_EQ(record.first_break->line, 2U);
  }
}

TEST(Verify, TellsWhatKindOfBreakItIs) {
  const auto all = lines(5);
  std::string forged = all[2];
  forged.replace(forged.find("user2"), 5, "user9");
  expect_break(check({all[0] + all[1] + forged + all[3]}), BreakKind::kHashMismatch, 3);
  expect_break(check({all[0] + all[2] + all[3]}), BreakKind::kSequenceGap, 2);
  expect_break(check({all[0] + all[1] + all[1] + all[2]}), BreakKind::kSequenceGap, 3);
  expect_break(check({all[1] + all[0]}), BreakKind::kSequenceGap, 2);
  expect_break(check({all[0] + "hello\n" + all[1]}), BreakKind::kMalformed, 2);
  expect_break(check({all[0] + "\n" + all[1]}), BreakKind::kMalformed, 2);
  expect_break(check({all[0] + all[1].substr(0, 40)}), BreakKind::kTornLine, 2);
  expect_break(check({all[0] + all[1].substr(0, all[1].size() - 1)}), BreakKind::kTornLine, 2);
}

TEST(Verify, ARewrittenLineBreaksTheLinkOfTheNext) {
  const auto all = lines(3);
  Chain forger{Secret(), 2, std::string(parse_frame(std::string_view(all[0]).substr(0, all[0].size() - 1))->hash)};
  Event event;
  event.user = "eve";
  expect_break(check({all[0] + forger.seal(event) + all[2]}), BreakKind::kLinkBroken, 3);
}

TEST(Verify, WithAKeyTheWholeRecordCannotBeWrittenAnew) {
  EXPECT_TRUE(check({joined(lines(3, "key"))}, {Secret("key"), ""}).intact());
  expect_break(check({joined(lines(3))}, {Secret("key"), ""}), BreakKind::kHashMismatch, 1);
  expect_break(check({joined(lines(3, "other"))}, {Secret("key"), ""}), BreakKind::kHashMismatch, 1);
}

TEST(Verify, ANotedHeadShowsThatTheEndWasCutOff) {
  const auto all = lines(4);
  const std::string head = check({joined(all)}).head;
  EXPECT_TRUE(check({joined(all)}, {Secret(), head}).intact());
  expect_break(check({all[0] + all[1]}, {Secret(), head}), BreakKind::kHeadMissing, 0);
}

TEST(Verify, ARecordWithoutItsBeginningSaysSo) {
  const auto all = lines(4);
  const Verification record = check({all[2] + all[3]});
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.first_seq, 3U);
  EXPECT_NE(record.anchor, kFirstPrev);
}

TEST(Verify, AMissingFileIsAnError) {
  const std::vector<std::string> files{"/no/such/file"};
  EXPECT_FALSE(verify(files, {}).has_value());
}

TEST(Verify, AnOverlongLineIsMalformedAndNotKeptInMemory) {
  expect_break(check({std::string(3 * kLongestLine, 'x') + "\n"}), BreakKind::kMalformed, 1);
}

}  // namespace
}  // namespace raykeep::audit
