// SPDX-License-Identifier: Apache-2.0
#include "audit/query.h"

#include <fstream>
#include <gtest/gtest.h>

#include "audit/chain.h"
#include "audit/segment.h"
#include "support/temp_directory.h"

namespace raykeep::audit {
namespace {

using raykeep::testing::TempDirectory;

// Two days of three people; in two segments.
class Record {
 public:
  Record() {
    add({"2026-11-22T10:00:00Z", "ann", "team-a/ray", "jobs.submit", true, "granted", "job1"});
    add({"2026-11-22T11:00:00Z", "bob", "team-a/ray", "jobs.stop", false, "not-owner", "job1"});
    write(1);
    add({"2026-11-23T10:00:00Z", "ann", "team-b/ray", "jobs.stop", true, "granted-as-owner", "job2"});
    add({"2026-11-23T11:00:00Z", "eve\x1b[2J", "team-b/ray", "nodes.list", false, "no-binding", ""});
    write(3);
  }
  std::vector<std::string> found(const Query& query) const {
    std::vector<std::string> out;
    const std::vector<std::string> files{directory_.path()};
    const auto unreadable = for_each_record(files, query, [&](const Found& f) {
      out.push_back(std::string(f.record.find("seq")->text()));
      return true;
    });
    EXPECT_EQ(unreadable.value_or(99), 0U);
    return out;
  }
  const TempDirectory& directory() const { return directory_; }

 private:
  struct Row {
    std::string time, user, cluster, operation;
    bool allowed;
    std::string reason, job;
  };
  void add(const Row& row) {
    Event event;
    event.time = *parse_time(row.time);
    event.user = row.user;
    event.cluster = row.cluster;
    event.operation = row.operation;
    event.allowed = row.allowed;
    event.reason = row.reason;
    event.job_id = row.job;
    event.status = row.allowed ? 200 : 403;
    text_ += chain_.seal(event);
  }
  void write(std::uint64_t first) {
    std::ofstream(directory_ / segment_name(first)) << text_;
    text_.clear();
  }
  TempDirectory directory_;
  Chain chain_{Secret(), 1, std::string(kFirstPrev)};
  std::string text_;
};

using Seqs = std::vector<std::string>;

TEST(Query, SelectsByEveryPart) {
  const Record record;
  EXPECT_EQ(record.found({}), (Seqs{"1", "2", "3", "4"}));
  EXPECT_EQ(record.found({.user = "ann"}), (Seqs{"1", "3"}));
  EXPECT_EQ(record.found({.cluster = "team-b/ray"}), (Seqs{"3", "4"}));
  EXPECT_EQ(record.found({.operation = "jobs.stop"}), (Seqs{"2", "3"}));
  EXPECT_EQ(record.found({.operation = "jobs."}), (Seqs{"1", "2", "3"}));
  EXPECT_EQ(record.found({.operation = "jobs"}), (Seqs{}));
  EXPECT_EQ(record.found({.job_id = "job1"}), (Seqs{"1", "2"}));
  EXPECT_EQ(record.found({.since = parse_time("2026-11-23T10:00:00Z")}), (Seqs{"3", "4"}));
  EXPECT_EQ(record.found({.denied_only = true}), (Seqs{"2", "4"}));
  EXPECT_EQ(record.found({.user = "bob", .denied_only = true}), (Seqs{"2"}));
  EXPECT_EQ(record.found({.user = "nobody"}), (Seqs{}));
}

TEST(Query, RowsAreReadableAndSafeForATerminal) {
  const Record record;
  std::vector<std::vector<std::string>> rows;
  const std::vector<std::string> files{record.directory().path()};
  ASSERT_TRUE(for_each_record(files, {}, [&](const Found& f) {
                rows.push_back(table_row(f.record));
                return true;
              }).has_value());
  EXPECT_EQ(rows[1], (std::vector<std::string>{"2026-11-22T11:00:00.000Z", "bob", "team-a/ray", "jobs.stop",
                                               "denied 403", "job=job1 reason=not-owner"}));
  EXPECT_EQ(rows[3][1], "eve\\u001b[2J");
}

TEST(Query, CountsWhatIsNoRecordAndGoesOn) {
  const Record record;
  std::ofstream(record.directory() / segment_name(1), std::ios::app) << "not json\n{\"seq\":9,\"user\":\"an";
  std::size_t lines = 0;
  const std::vector<std::string> files{record.directory().path()};
  const auto unreadable = for_each_record(files, {}, [&](const Found&) { return ++lines, true; });
  EXPECT_EQ(unreadable.value_or(0), 1U) << "a line that has no end may just be being written";
  EXPECT_EQ(lines, 4U);
}

TEST(Query, AnEmptyDirectoryIsAnErrorAndNotAnEmptyAnswer) {
  const TempDirectory empty;
  const std::vector<std::string> files{empty.path()};
  EXPECT_FALSE(for_each_record(files, {}, [](const Found&) { return true; }).has_value());
}

}  // namespace
}  // namespace raykeep::audit
