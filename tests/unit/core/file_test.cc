// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/temp_directory.h"

namespace raykeep {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_ / name; }
  std::string put(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  static std::string contents(const std::string& file) { return read_file(file, 1U << 20).value(); }
  static unsigned mode_of(const std::string& file) {
    struct stat about {};
    return ::stat(file.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path("")), fs::directory_iterator())); }

  raykeep::testing::TempDirectory directory_;
};

// A process that may not write files beyond so many bytes: what a full disk looks like to write(2).
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    before_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*before_signal_)(int) = nullptr;
};

// Root may write everywhere; while this lives, the process is nobody in particular.
class NotRoot {
 public:
  NotRoot() {
    if (before_ == 0 && ::seteuid(65534) != 0) std::abort();
  }
  ~NotRoot() {
    if (before_ == 0 && ::seteuid(0) != 0) std::abort();
  }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;

 private:
  uid_t before_ = ::geteuid();
};

TEST_F(FileTest, ReadsEveryByteUpToTheLimit) {
  const std::string bytes = std::string("a\0b\r\n", 5) + std::string(100000, 'x');
  EXPECT_EQ(read_file(put("a", bytes), bytes.size()).value(), bytes);
  EXPECT_EQ(read_file(put("empty", ""), 0).value(), "");
  const auto larger = read_file(path("a"), bytes.size() - 1);
  ASSERT_FALSE(larger);
  EXPECT_EQ(&larger.error().code(), &kFileTooLarge);
  EXPECT_EQ(larger.error().at()->file, path("a"));
}

TEST_F(FileTest, SaysWhichFileCannotBeRead) {
  for (const std::string& file : {path("missing"), path("")}) {
    const auto read = read_file(file, 10);
    ASSERT_FALSE(read) << file;
    EXPECT_EQ(&read.error().code(), &kFileUnreadable);
    EXPECT_EQ(read.error().at()->file, file);
  }
}

TEST_F(FileTest, WritesANewFileThatIsPrivate) {
  ASSERT_TRUE(write_file(path("new"), "contents"));
  EXPECT_EQ(contents(path("new")), "contents");
  EXPECT_EQ(mode_of(path("new")), 0600U);
  ASSERT_TRUE(write_file(path("shared"), "contents", 0644));
  EXPECT_EQ(mode_of(path("shared")), 0644U);
}

TEST_F(FileTest, KeepsTheModeOfAFileThatItReplaces) {
  put("a", "old");
  ::chmod(path("a").c_str(), 0640);
  ASSERT_TRUE(write_file(path("a"), "new", 0600));
  EXPECT_EQ(contents(path("a")), "new");
  EXPECT_EQ(mode_of(path("a")), 0640U);
}

TEST_F(FileTest, WhoHasTheOldFileOpenKeepsReadingIt) {
  std::ifstream reader(put("a", "old"));
  ASSERT_TRUE(write_file(path("a"), "new"));
  std::string seen;
  reader >> seen;
  EXPECT_EQ(seen, "old");
}

TEST_F(FileTest, AFullDiskLeavesTheOldFileAndNothingElse) {
  put("a", "old contents");
  const auto written = [&] {
    const FullDisk full(1000);
    return write_file(path("a"), std::string(5000, 'n'));
  }();
  ASSERT_FALSE(written);
  EXPECT_EQ(&written.error().code(), &kFileUnwritable);
  EXPECT_EQ(contents(path("a")), "old contents");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, ATargetThatCannotBeReplacedIsLeftAndNothingElse) {
  fs::create_directory(path("a"));
  put("a/inside", "kept");
  const auto written = write_file(path("a"), "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(&written.error().code(), &kFileUnwritable);
  EXPECT_EQ(contents(path("a/inside")), "kept");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, ADirectoryThatIsNotThereIsAnError) {
  const auto written = write_file(path("missing/a"), "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(written.error().at()->file, path("missing/a"));
}

TEST_F(FileTest, AnUnwritableDirectoryLeavesTheOldFile) {
  put("a", "old");
  ::chmod(path("").c_str(), 0555);
  const auto written = [&] {
    const NotRoot nobody;
    return write_file(path("a"), "new");
  }();
  ::chmod(path("").c_str(), 0700);
  ASSERT_FALSE(written);
  EXPECT_EQ(&written.error().code(), &kFileUnwritable);
  EXPECT_EQ(contents(path("a")), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, FollowsLinksInsteadOfReplacingThem) {
  put("target", "old");
  fs::create_symlink("target", path("link"));
  fs::create_symlink("link", path("link-to-link"));
  ASSERT_TRUE(write_file(path("link-to-link"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link-to-link")));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(contents(path("target")), "new");
}

TEST_F(FileTest, MakesWhatADanglingLinkPointsTo) {
  fs::create_symlink("later", path("link"));
  ASSERT_TRUE(write_file(path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(contents(path("later")), "new");
}

TEST_F(FileTest, FollowsAbsoluteLinksToo) {
  put("target", "old");
  fs::create_symlink(path("target"), path("link"));
  ASSERT_TRUE(write_file(path("link"), "new"));
  EXPECT_EQ(contents(path("target")), "new");
}

TEST_F(FileTest, RefusesLinksThatGoInACircle) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  const auto written = write_file(path("a"), "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(&written.error().code(), &kFileUnwritable);
  EXPECT_TRUE(fs::is_symlink(path("a")));
  EXPECT_EQ(files(), 2U);
}

}  // namespace
}  // namespace raykeep
