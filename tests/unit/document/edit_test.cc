// SPDX-License-Identifier: Apache-2.0
#include "document/edit.h"

#include <gtest/gtest.h>

#include "document/yaml.h"

namespace raykeep::document {
namespace {

std::string set(std::string_view text, const Path& path, std::string_view value) {
  const auto out = set_value(text, path, *read_yaml_document(value));
  return out ? *out : "refused: " + out.error().message();
}

struct Case {
  const char* name;
  std::string text;
  Path path;
  std::string value;
  std::string expected;
};

class Edit : public testing::TestWithParam<Case> {};

TEST_P(Edit, ChangesOnlyWhatIsAsked) {
  const Case& one = GetParam();
  const std::string changed = set(one.text, one.path, one.value);
  EXPECT_EQ(changed, one.expected);
  EXPECT_EQ(set(changed, one.path, one.value), changed) << "a second time";
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Edit,
    testing::Values(
        Case{"ReplacesAScalarAndKeepsTheComment", "a: 1 # why\nb: 2\n", {"a"}, "3", "a: 3 # why\nb: 2\n"},
        Case{"KeepsQuotes", "a: 'x'\nb: \"y\"\n", {"b"}, "z", "a: 'x'\nb: \"z\"\n"},
        Case{"AddsAKeyAfterTheLastOfItsMapping", "a:\n  b: 1 # one\n\n# of c\nc: 2\n", {"a", "d"}, "true", "a:\n  b: 1 # one\n  d: true\n\n# of c\nc: 2\n"},
        Case{"AddsTheMappingsAround", "spec:\n    c:\n    - name: x\n      image: y\n", {"spec", "c", "0", "s", "t"}, "{type: R}",
             "spec:\n    c:\n    - name: x\n      image: y\n      s:\n        t:\n          type: R\n"},
        Case{"KeepsListsIndentless", "a:\n- x\nb:\n  c: 1\n", {"b", "drop"}, "[ALL]", "a:\n- x\nb:\n  c: 1\n  drop:\n  - ALL\n"},
        Case{"KeepsListsIndented", "a:\n  - x\nb:\n  c: 1\n", {"b", "drop"}, "[ALL]", "a:\n  - x\nb:\n  c: 1\n  drop:\n    - ALL\n"},
        Case{"KeepsCrLf", "a:\r\n  b: 1\r\nc: 2\r\n", {"a", "d"}, "2", "a:\r\n  b: 1\r\n  d: 2\r\nc: 2\r\n"},
        Case{"KeepsTheMissingLastLineEnd", "a:\n  b: 1", {"a", "d"}, "2", "a:\n  b: 1\n  d: 2"},
        Case{"FillsAnEmptyValue", "a:\n  s:\n  b: 1\n", {"a", "s", "x"}, "true", "a:\n  s:\n    x: true\n  b: 1\n"},
        Case{"FillsAnEmptyScalar", "a:\nb: 1\n", {"a"}, "true", "a: true\nb: 1\n"},
        Case{"FillsBraces", "a: {}\n", {"a", "x"}, "true", "a: {x: true}\n"},
        Case{"AddsToBraces", "a: {b: 1, c: [x]} # why\n", {"a", "d"}, "{e: 2}", "a: {b: 1, c: [x], d: {e: 2}} # why\n"},
        Case{"WritesJsonInJson", "{\"a\":{\"b\":1}}", {"a", "c"}, "{d: true}", "{\"a\":{\"b\":1,\"c\":{\"d\":true}}}"},
        Case{"WritesJsonOverLines", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", {"a", "c"}, "x", "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": \"x\"\n  }\n}\n"},
        Case{"AppendsToAList", "d:\n- NET_RAW\n", {"d"}, "[ALL]", "d:\n- NET_RAW\n- ALL\n"},
        Case{"AppendsToAFlowList", "d: [NET_RAW]\n", {"d"}, "[ALL]", "d: [NET_RAW, ALL]\n"},
        Case{"LeavesWhatIsThere", "d: [ALL, X]\n", {"d"}, "[ALL]", "d: [ALL, X]\n"},
        Case{"KeepsAByteOrderMark", "\xef\xbb\xbf" "a: 1\n", {"b"}, "2", "\xef\xbb\xbf" "a: 1\nb: 2\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(EditRefuses, WhatItCannotDoSafely) {
  EXPECT_NE(set("a: &x {b: 1}\nc: *x\n", {"c", "b"}, "2").find("anchor"), std::string::npos);
  EXPECT_NE(set("a: !!str 1\n", {"a"}, "2").find("tag"), std::string::npos);
  EXPECT_NE(set("a: {{ .Values.x }}\n", {"b"}, "2").find("template"), std::string::npos);
  EXPECT_NE(set("a: |\n  x\n", {"a"}, "2").find("several lines"), std::string::npos);
  EXPECT_NE(set("a: {b: 1}\n", {"a"}, "2").find("already"), std::string::npos);
  EXPECT_NE(set("a: 1\n", {"a", "b"}, "2").find("refused"), std::string::npos);
  EXPECT_NE(set("a: [x]\n", {"a", "5"}, "2").find("refused"), std::string::npos);
}

}  // namespace
}  // namespace raykeep::document
