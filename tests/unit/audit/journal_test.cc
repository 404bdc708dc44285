// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"

#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <iterator>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "audit/segment.h"
#include "audit/verify.h"
#include "support/temp_directory.h"

namespace raykeep::audit {
namespace {

using raykeep::testing::TempDirectory;

JournalOptions in(const TempDirectory& directory) {
  JournalOptions options;
  options.directory = directory.path();
  options.retry_interval = std::chrono::milliseconds(5);
  return options;
}

Event request(std::string user, std::string operation = "jobs.submit") {
  Event event;
  event.time = *parse_time("2026-11-23T20:45:31.042Z");
  event.user = std::move(user);
  event.operation = std::move(operation);
  event.allowed = true;
  event.reason = "granted";
  event.status = 200;
  return event;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string all_of(const TempDirectory& directory) {
  std::string out;
  const auto segments = list_segments(directory.path());
  for (const std::string& path : *segments) out += contents(path);
  return out;
}

Verification verified(const TempDirectory& directory, const std::string& key = "") {
  const std::vector<std::string> files{directory.path()};
  auto result = verify(files, {Secret(key), ""});
  EXPECT_TRUE(result.has_value()) << result.error().text();
  return *result;
}

Stored append_synced(Journal& journal, Event event) {
  std::promise<Stored> promise;
  journal.append(std::move(event), Durability::kSynced, [&](Stored stored) { promise.set_value(stored); });
  return promise.get_future().get();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(Journal, WritesOneVerifiableLineAnEvent) {
  TempDirectory directory;
  {
    auto journal = *Journal::open(in(directory));
    EXPECT_EQ(append_synced(*journal, request("ann")), Stored::kYes);
    journal->append(request("bob"), Durability::kBatched);
  }
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.lines, 4U) << "opened, two requests, closed";
  EXPECT_NE(all_of(directory).find("\"user\":\"ann\""), std::string::npos);
}

TEST(Journal, ASyncedEventIsInTheFileWhenItIsAnswered) {
  TempDirectory directory;
  auto journal = *Journal::open(in(directory));
  ASSERT_EQ(append_synced(*journal, request("ann")), Stored::kYes);
  EXPECT_NE(all_of(directory).find("\"user\":\"ann\""), std::string::npos);
}

TEST(Journal, OnlyASyncedEventWaitsForTheDisk) {
  TempDirectory directory;
  JournalOptions options = in(directory);
  options.sync_interval = std::chrono::hours(1);
  auto journal = *Journal::open(options);
  const auto before = journal->counters().syncs;
  std::promise<void> written;
  journal->append(request("ann"), Durability::kBatched, [&](Stored) { written.set_value(); });
  written.get_future().wait();
  EXPECT_EQ(journal->counters().syncs, before);
  append_synced(*journal, request("bob"));
  EXPECT_EQ(journal->counters().syncs, before + 1);
}

TEST(Journal, ContinuesTheChainOfAnEarlierRun) {
  TempDirectory directory;
  for (int run = 0; run < 3; ++run) append_synced(**Journal::open(in(directory)), request("ann"));
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.lines, 9U);
  EXPECT_EQ(record.recoveries, 0U);
}

TEST(Journal, ManyThreadsMakeOneChainAndLoseNothing) {
  TempDirectory directory;
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  {
    auto journal = *Journal::open(in(directory));
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&journal, t] {
        for (int i = 0; i < kEach; ++i) journal->append(request("user" + std::to_string(t)), Durability::kBatched);
      });
    }
    threads.clear();
    EXPECT_EQ(journal->flush(), Stored::kYes);
  }
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.lines, static_cast<std::uint64_t>(kThreads * kEach + 2));
}

TEST(Journal, BeginsANewSegmentWhenOneIsFull) {
  TempDirectory directory;
  {
    JournalOptions options = in(directory);
    options.segment_bytes = 2000;
    auto journal = *Journal::open(options);
    for (int i = 0; i < 30; ++i) append_synced(*journal, request("ann"));
  }
  EXPECT_GT(list_segments(directory.path())->size(), 3U);
  EXPECT_TRUE(verified(directory).intact());
}

TEST(Journal, ATornLastLineIsKeptAsideAndRecorded) {
  TempDirectory directory;
  append_synced(**Journal::open(in(directory)), request("ann"));
  const std::string segment = list_segments(directory.path())->front();
  const std::string whole = contents(segment);
  std::ofstream(segment, std::ios::app) << "{\"seq\":4,\"prev\":\"00";
  ASSERT_FALSE(verified(directory).intact());

  append_synced(**Journal::open(in(directory)), request("bob"));
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact()) << record.first_break->explanation;
  EXPECT_EQ(record.recoveries, 1U);
  EXPECT_TRUE(contents(segment).starts_with(whole)) << "what was whole stays";
  EXPECT_EQ(contents(segment + ".torn-" + std::to_string(whole.size())), "{\"seq\":4,\"prev\":\"00");
}

TEST(Journal, ASegmentThatNeverGotALineIsUsedAgain) {
  TempDirectory directory;
  append_synced(**Journal::open(in(directory)), request("ann"));
  std::ofstream(directory / segment_name(4)).flush();
  append_synced(**Journal::open(in(directory)), request("bob"));
  EXPECT_TRUE(verified(directory).intact());
}

TEST(Journal, AChangedLineIsNotRepairedButRecorded) {
  TempDirectory directory;
  {
    auto journal = *Journal::open(in(directory));
    append_synced(*journal, request("ann"));
    append_synced(*journal, request("bob"));
  }
  const std::string segment = list_segments(directory.path())->front();
  std::string text = contents(segment);
  text.replace(text.find("\"ann\""), 5, "\"eve\"");
  std::ofstream(segment, std::ios::trunc) << text;

  append_synced(**Journal::open(in(directory)), request("cid"));
  EXPECT_EQ(contents(segment), text);
  EXPECT_NE(all_of(directory).find("\"reason\":\"changed-line\""), std::string::npos);
  const Verification record = verified(directory);
  ASSERT_FALSE(record.intact());
  EXPECT_EQ(record.first_break->kind, BreakKind::kHashMismatch);
  EXPECT_EQ(record.first_break->line, 2U);
}

TEST(Journal, AnotherKeyIsAnErrorAndDestroysNothing) {
  TempDirectory directory;
  JournalOptions options = in(directory);
  options.hmac_key = Secret("first key");
  append_synced(**Journal::open(options), request("ann"));
  const std::string before = all_of(directory);
  options.hmac_key = Secret("second key");
  const auto reopened = Journal::open(options);
  ASSERT_FALSE(reopened.has_value());
  EXPECT_NE(reopened.error().text().find("another key"), std::string::npos);
  EXPECT_EQ(all_of(directory), before);
  EXPECT_TRUE(verified(directory, "first key").intact());
  EXPECT_FALSE(verified(directory, "").intact()) << "without the key nothing can be forged or checked";
}

TEST(Journal, TwoWritersInOneDirectoryAreRefused) {
  TempDirectory directory;
  auto first = *Journal::open(in(directory));
  const auto second = Journal::open(in(directory));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code().id, "audit-in-use");
}

TEST(Journal, NamesTheDirectoryThatCannotBeWritten) {
  JournalOptions options;
  options.directory = "/proc/no-such-place";
  const auto journal = Journal::open(options);
  ASSERT_FALSE(journal.has_value());
  EXPECT_EQ(journal.error().code().id, "audit-unusable");
  EXPECT_NE(journal.error().text().find("/proc/no-such-place"), std::string::npos);
}

TEST(Journal, ClientsCannotForgeALine) {
  TempDirectory directory;
  {
    auto journal = *Journal::open(in(directory));
    Event event = request("eve\"}\n{\"seq\":1,\"user\":\"ann\x1b[2J");
    event.path = std::string(5000, 'p');
    event.job_id = "\xff\xfe";
    append_synced(*journal, event);
  }
  const std::string text = all_of(directory);
  EXPECT_EQ(occurrences(text, "\n"), 3U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 3000U) << "long values are cut";
  EXPECT_TRUE(verified(directory).intact());
}

// A file-size limit is what a full disk looks like to a writer: part of a write succeeds, then none.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

// Appends until the sink has failed; gives how many were stored.
int fill(Journal& journal) {
  int stored = 0;
  while (append_synced(journal, request("ann")) == Stored::kYes && stored < 1000) ++stored;
  return stored;
}

TEST(Journal, AFullDiskRefusesWritesByDefault) {
  TempDirectory directory;
  auto journal = *Journal::open(in(directory));
  const FileSizeLimit limit(4000);
  EXPECT_GT(fill(*journal), 2);
  EXPECT_FALSE(journal->healthy());
  EXPECT_FALSE(journal->admits_writes());
  EXPECT_TRUE(journal->admits_reads());
  EXPECT_NE(journal->failure().find("File too large"), std::string::npos);
  EXPECT_EQ(append_synced(*journal, request("bob")), Stored::kNo);
}

TEST(Journal, TheConfiguredRuleDecidesWhatAFullDiskStops) {
  struct Case {
    OnFailure rule;
    bool reads;
    bool writes;
  };
  for (const Case& c : {Case{OnFailure::kRefuseAll, false, false}, Case{OnFailure::kContinue, true, true}}) {
    TempDirectory directory;
    JournalOptions options = in(directory);
    options.on_failure = c.rule;
    auto journal = *Journal::open(options);
    EXPECT_TRUE(journal->admits_reads() && journal->admits_writes());
    const FileSizeLimit limit(4000);
    fill(*journal);
    EXPECT_EQ(journal->admits_reads(), c.reads);
    EXPECT_EQ(journal->admits_writes(), c.writes);
  }
}

TEST(Journal, GoesOnWithTheSameChainWhenSpaceIsBack) {
  TempDirectory directory;
  int stored = 0;
  {
    auto journal = *Journal::open(in(directory));
    {
      const FileSizeLimit limit(4000);
      stored = fill(*journal);
    }
    while (!journal->healthy()) std::this_thread::yield();
    EXPECT_EQ(append_synced(*journal, request("bob")), Stored::kYes);
    EXPECT_EQ(journal->failure(), "");
  }
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact()) << record.first_break->explanation;
  EXPECT_EQ(occurrences(all_of(directory), "\"user\":\"ann\""), static_cast<std::size_t>(stored) + 1)
      << "the event that met the full disk is completed, not lost";
}

TEST(Journal, EventsLostToAFullQueueAreCountedInTheRecord) {
  TempDirectory directory;
  std::uint64_t dropped = 0;
  {
    JournalOptions options = in(directory);
    options.queue_limit = 8;
    auto journal = *Journal::open(options);
    {
      const FileSizeLimit limit(4000);
      fill(*journal);
      for (int i = 0; i < 20; ++i) journal->append(request("bob"), Durability::kBatched);
      dropped = journal->counters().dropped;
    }
    while (!journal->healthy()) std::this_thread::yield();
    while (journal->flush() == Stored::kNo) std::this_thread::yield();
  }
  EXPECT_GE(dropped, 11U);
  const Verification record = verified(directory);
  EXPECT_TRUE(record.intact());
  EXPECT_EQ(record.gaps, dropped);
}

// Appends for ever and tells, over a pipe, of each event that was answered as stored.
[[noreturn]] void append_until_killed(const JournalOptions& options, int report) {
  auto journal = *Journal::open(options);
  for (int i = 0;; ++i) {
    const bool stored = append_synced(*journal, request("n" + std::to_string(i) + ".")) == Stored::kYes;
    if (stored && ::write(report, &i, sizeof i) != sizeof i) ::_exit(1);
  }
}

// Runs the above, kills it after `events` answers, and gives the number of the last event answered as stored.
int last_stored_before_kill(const JournalOptions& options, int events) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) append_until_killed(options, ends[1]);
  ::close(ends[1]);
  int last = -1;
  for (int i = 0; i < events; ++i) EXPECT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ::kill(child, SIGKILL);
  int next = 0;
  while (::read(ends[0], &next, sizeof next) == static_cast<ssize_t>(sizeof next)) last = next;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  return last;
}

TEST(Journal, KillingTheProcessLosesNoStoredEvent) {
  for (const int events : {1, 7, 40, 41, 42}) {
    TempDirectory directory;
    const int last = last_stored_before_kill(in(directory), events);
    ASSERT_TRUE(Journal::open(in(directory)).has_value()) << "no repair by hand";
    const Verification record = verified(directory);
    EXPECT_TRUE(record.intact()) << record.first_break->explanation;
    for (int i = 0; i <= last; ++i) {
      EXPECT_EQ(occurrences(all_of(directory), "\"user\":\"n" + std::to_string(i) + ".\""), 1U);
    }
  }
}

}  // namespace
}  // namespace raykeep::audit
