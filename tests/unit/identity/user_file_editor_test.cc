// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file_editor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "core/file.h"
#include "support/temp_directory.h"

namespace raykeep::identity {
namespace {

TEST(UserFileEditor, LeavesEveryOtherByteAsItWas) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  const std::string hash = "$2y$10$" + std::string(53, 'a');
  const std::string before = "# people\r\nalice:" + hash + "\r\n\nbob:" + hash + ":groups=ml";
  ASSERT_TRUE(write_file(path, before));
  auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kError);
  ASSERT_TRUE(editor) << editor.error().text();
  User alice = *editor->find("alice");
  alice.disabled = true;
  ASSERT_TRUE(editor->replace(alice));
  EXPECT_EQ(*read_file(path, 10000), "# people\r\nalice:" + hash + ":disabled=1\r\n\nbob:" + hash + ":groups=ml");
  ASSERT_TRUE(editor->remove("alice"));
  EXPECT_EQ(*read_file(path, 10000), "# people\r\n\nbob:" + hash + ":groups=ml");
  EXPECT_FALSE(editor->remove("nobody"));
}

TEST(UserFileEditor, MakesAFileThatOthersCannotRead) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kCreate);
  ASSERT_TRUE(editor);
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is made before there is something to write";
  User user;
  user.name = "ann";
  user.hash = kNoPassword;
  ASSERT_TRUE(editor->add(user));
  EXPECT_FALSE(editor->add(user));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1) << "no lock or temporary file stays";
}

TEST(UserFileEditor, ReplacesHashesThatAGatewayWouldRefuse) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  ASSERT_TRUE(write_file(path, "old:$apr1$salt$0123456789012345678901\nann:{SHA}x\n"));
  auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kError);
  ASSERT_TRUE(editor) << editor.error().text();
  User ann = *editor->find("ann");
  ann.hash = kNoPassword;
  ASSERT_TRUE(editor->replace(ann));
  EXPECT_EQ(*read_file(path, 1000), "old:$apr1$salt$0123456789012345678901\nann:!\n");
}

TEST(UserFileEditor, WritesNothingThatWouldNotBeReadBack) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  ASSERT_TRUE(write_file(path, "ann:!\n"));
  auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kError);
  User ann = *editor->find("ann");
  ann.groups = {"a b"};
  EXPECT_FALSE(editor->replace(ann));
  ann.groups = {};
  ann.hash = "x\nroot:!";
  EXPECT_FALSE(editor->replace(ann));
  EXPECT_EQ(*read_file(path, 1000), "ann:!\n");
}

TEST(UserFileEditor, ManyAtOnceLoseNoChange) {
  raykeep::testing::TempDirectory directory;
  const std::string path = directory / "users";
  ASSERT_TRUE(write_file(path, "ann:!\n"));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&path, i] {
      auto editor = UserFileEditor::open(path, UserFileEditor::Missing::kError);
      ASSERT_TRUE(editor) << editor.error().text();
      User user;
      user.name = "user" + std::to_string(i);
      user.hash = kNoPassword;
      EXPECT_TRUE(editor->add(user));
    });
  }
  threads.clear();
  EXPECT_EQ(read_user_lines(*read_file(path, 10000), path)->size(), 9U);
}

}  // namespace
}  // namespace raykeep::identity
