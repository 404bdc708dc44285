// SPDX-License-Identifier: Apache-2.0
#include "identity/user_file_editor.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace raykeep::identity
