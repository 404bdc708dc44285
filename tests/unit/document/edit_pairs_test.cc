// SPDX-License-Identifier: Apache-2.0
// The inputs and outputs of another fixer (tests/data/fix-pairs): the same bytes, except where the input itself shows a
// style that the other one did not keep.
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "document/edit.h"
#include "support/edit_helpers.h"

namespace raykeep::document {
namespace {

using testing::add;
using testing::drop;
using testing::remove;
using testing::set;

std::string read_file(const std::string& name) {
  std::ifstream in(std::string(RAYKEEP_SOURCE_DIR) + "/tests/data/fix-pairs/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Pair {
  const char* input;
  const char* expected;
  std::vector<Change> changes;
};

std::vector<Pair> pairs() {
  const std::vector<Change> move_context{remove("spec.containers[0].securityContext"), set("spec.securityContext.runAsRoot", "false")};
  return {
      {"hybrids/tc-02-00-input-indented-list.yaml", "hybrids/tc-02-01-expected.yaml", move_context},
      {"hybrids/tc-03-00-input-comments.yaml", "hybrids/tc-03-01-expected.yaml", move_context},
      {"hybrids/tc-04-00-input-separated-keys.yaml", "hybrids/tc-04-01-expected.yaml", move_context},
      {"inserts/tc-01-00-input-mapping-insert-mapping.yaml", "inserts/tc-01-01-expected.yaml",
       {set("spec.containers[0].securityContext.allowPrivilegeEscalation", "false")}},
      {"inserts/tc-06-00-input-list-append-scalar-oneline.yaml", "inserts/tc-06-01-expected.yaml",
       {add("spec.containers[0].securityContext.capabilities.drop", "\"SYS_ADM\"")}},
      {"inserts/tc-07-00-input-multiple-documents.yaml", "inserts/tc-07-01-expected.yaml",
       {set("spec.containers[0].securityContext.allowPrivilegeEscalation", "false", 0),
        set("spec.containers[0].securityContext.allowPrivilegeEscalation", "false", 1)}},
      {"inserts/tc-09-00-input-list-insert-new-mapping-indented.yaml", "inserts/tc-09-01-expected.yaml",
       {add("spec.containers", R"({"name": "redis", "image": "redis"})")}},
      {"removals/tc-03-00-input.yaml", "removals/tc-03-01-expected.yaml",
       {drop("spec.containers[0].securityContext.capabilities.drop", "\"SYS_ADM\"")}},
      {"replaces/tc-02-00-input.yaml", "replaces/tc-02-01-expected.yaml",
       {set("spec.containers[0].securityContext.capabilities.drop[0]", "\"SYS_ADM\""),
        set("spec.containers[0].securityContext.capabilities.add[0]", "\"NET_RAW\"")}},
  };
}

TEST(EditPairs, AreMadeByteForByte) {
  for (const Pair& pair : pairs()) {
    const auto result = edit_yaml(read_file(pair.input), pair.changes);
    ASSERT_TRUE(result) << pair.input;
    EXPECT_EQ(result->text, read_file(pair.expected)) << pair.input;
  }
}

// The list of containers in this file is not indented, so the new list is not either; the other fixer indents it.
TEST(EditPairs, KeepListsWithoutIndentationAsTheFileHasThem) {
  const auto result = edit_yaml(read_file("inserts/tc-02-00-input-mapping-insert-mapping-with-list.yaml"),
                                {add("spec.containers[0].securityContext.capabilities.drop", "\"NET_RAW\"")});
  ASSERT_TRUE(result);
  std::string expected = read_file("inserts/tc-02-01-expected.yaml");
  const std::size_t dash = expected.rfind("          - NET_RAW");
  ASSERT_NE(dash, std::string::npos);
  EXPECT_EQ(result->text, expected.erase(dash, 2));
}

}  // namespace
}  // namespace raykeep::document
