// SPDX-License-Identifier: Apache-2.0
#include "document/edit.h"

#include <gtest/gtest.h>

#include "support/edit_helpers.h"

namespace raykeep::document {
namespace {

using testing::add;
using testing::drop;
using testing::path;
using testing::remove;
using testing::set;

// The text after the changes, all of which must be done.
std::string edited(std::string_view text, const std::vector<Change>& changes) {
  const auto result = edit_yaml(text, changes);
  if (!result) return "error: " + result.error().text();
  for (const ChangeOutcome& outcome : result->outcomes) {
    if (outcome.reason) return "refused: " + outcome.reason->text();
  }
  return result->text;
}

std::string refusal(std::string_view text, const Change& change) {
  const auto result = edit_yaml(text, {change}, {}, "a.yaml");
  if (!result || !result->outcomes[0].reason) return "not refused";
  EXPECT_EQ(result->text, text);
  return result->outcomes[0].reason->text();
}

TEST(Edit, PutsANewKeyBehindTheLastLineOfContentNotBehindTheNextOnesComment) {
  EXPECT_EQ(edited("spec:\n  a: 1  # one\n\n# about the next\nkind: Pod\n", {set("spec.b", "2")}),
            "spec:\n  a: 1  # one\n  b: 2\n\n# about the next\nkind: Pod\n");
}

TEST(Edit, AddsAllMappingsThatAreMissing) {
  EXPECT_EQ(edited("spec:\n    containers:\n      - name: a\n", {set("spec.containers[0].securityContext.capabilities.drop", R"(["ALL"])")}),
            "spec:\n    containers:\n      - name: a\n        securityContext:\n            capabilities:\n                drop:\n                  - ALL\n");
}

TEST(Edit, FillsANullAndAnEmptyMapping) {
  EXPECT_EQ(edited("a:\n  securityContext:  # todo\n  b: 1\n", {set("a.securityContext.x", "true")}),
            "a:\n  securityContext:  # todo\n    x: true\n  b: 1\n");
  EXPECT_EQ(edited("a:\n  securityContext: {}\n  b: 1\n", {set("a.securityContext.x", "true")}),
            "a:\n  securityContext:\n    x: true\n  b: 1\n");
  EXPECT_EQ(edited("a:\n  securityContext: null # none\n", {set("a.securityContext.x.k", "1")}),
            "a:\n  securityContext: # none\n    x:\n      k: 1\n");
  EXPECT_EQ(edited("a:\n-\n- b: 1\n", {set("a[0].x", "1")}), "a:\n- x: 1\n- b: 1\n");
}

TEST(Edit, StaysInsideTheBracesOfAFlowMapping) {
  EXPECT_EQ(edited("a: {b: 1}  # c\n", {set("a.x", "true")}), "a: {b: 1, x: true}  # c\n");
  EXPECT_EQ(edited("a: { b: 1, c: 'x' }\n", {set("a.x", R"({"k": ["p,q", 2]})")}), "a: { b: 1, c: 'x', x: {k: [\"p,q\", 2]} }\n");
  EXPECT_EQ(edited("a: {b: {}}\n", {set("a.b.c", "1")}), "a: {b: {c: 1}}\n");
}

TEST(Edit, KeepsJsonAsItIsWritten) {
  EXPECT_EQ(edited(R"({"spec":{"a":1}})", {set("spec.b.c", "\"x\"")}), R"({"spec":{"a":1,"b":{"c":"x"}}})");
  EXPECT_EQ(edited("{\"spec\": {\"a\": [1, 2]}}\n", {add("spec.a", "3")}), "{\"spec\": {\"a\": [1, 2, 3]}}\n");
  EXPECT_EQ(edited("{\n  \"spec\": {\n    \"a\": 1\n  }\n}\n", {set("spec.b", R"({"c": ["ALL"], "d": {}})")}),
            "{\n  \"spec\": {\n    \"a\": 1,\n    \"b\": {\n      \"c\": [\n        \"ALL\"\n      ],\n      \"d\": {}\n    }\n  }\n}\n");
  EXPECT_EQ(edited("{\n\t\"spec\": {}\n}", {set("spec.b", "null")}), "{\n\t\"spec\": {\n\t\t\"b\": null\n\t}\n}");
}

TEST(Edit, KeepsJsonJsonWhereNothingShowsItsStyle) {
  EXPECT_EQ(edited("[1, 2]\n", {add("", R"({"a": "b"})")}), "[1, 2, {\"a\": \"b\"}]\n");
  EXPECT_EQ(edited("{}", {set("a", "\"b\"")}), "{\"a\": \"b\"}");
}

TEST(Edit, WritesAScalarAsItsPredecessorWasQuoted) {
  EXPECT_EQ(edited("a: 'x'\nb: \"y\"\nc: z\n", {set("a", "\"it's\""), set("b", "\"w\""), set("c", "\"yes\"")}),
            "a: 'it''s'\nb: \"w\"\nc: \"yes\"\n");
  EXPECT_EQ(edited("a: 'true' # text\n", {set("a", "true")}), "a: true # text\n");
}

TEST(Edit, KeepsListsAsTheyAreIndented) {
  EXPECT_EQ(edited("a:\n- x\n# c\nb: 1\n", {add("a", "\"w\"")}), "a:\n- x\n- w\n# c\nb: 1\n");
  EXPECT_EQ(edited("a:\n    -   \"x\"\n", {add("a", "\"w\"")}), "a:\n    -   \"x\"\n    -   \"w\"\n");
  EXPECT_EQ(edited("l:\n  - q: 1\n", {add("l", R"({"r": 1, "s": [1]})")}), "l:\n  - q: 1\n  - r: 1\n    s:\n      - 1\n");
  EXPECT_EQ(edited("drop: []\nb: 1\n", {add("drop", "\"ALL\"")}), "drop: [ALL]\nb: 1\n");
  EXPECT_EQ(edited("a: 1\n", {add("b.drop", "\"ALL\"")}), "a: 1\nb:\n  drop:\n  - ALL\n");
}

TEST(Edit, TakesOutKeysAndItems) {
  EXPECT_EQ(edited("a:\n  b: 1  # one\n  # two\n  c: 2\n", {remove("a.b")}), "a:\n  # two\n  c: 2\n");
  EXPECT_EQ(edited("- a: 1\n  b: 2\n- c: 3\n", {remove("[0].a")}), "- b: 2\n- c: 3\n");
  EXPECT_EQ(edited("a:\n  b:\n    c: 1\n  d: 2\n", {remove("a.b.c")}), "a:\n  b: {}\n  d: 2\n");
  EXPECT_EQ(edited("a: [x, w, z]\n", {drop("a", "\"w\"")}), "a: [x, z]\n");
  EXPECT_EQ(edited("a:\n- x\n- w\n", {drop("a", "\"x\""), drop("a", "\"w\"")}), "a: []\n");
  EXPECT_EQ(edited("a: 1\nb: |\n  x\n  y\n\nc: 2\n", {remove("b")}), "a: 1\n\nc: 2\n");
  EXPECT_EQ(edited("{\n  \"a\": 1,\n  \"b\": 2\n}\n", {remove("b")}), "{\n  \"a\": 1\n}\n");
}

TEST(Edit, KeepsLineEndsAndTheEndOfTheFile) {
  EXPECT_EQ(edited("a:\r\n  b: 1\r\n", {set("a.c", "{\"d\": 2}")}), "a:\r\n  b: 1\r\n  c:\r\n    d: 2\r\n");
  EXPECT_EQ(edited("a:\r  b: 1", {set("a.c", "2")}), "a:\r  b: 1\r  c: 2");
  EXPECT_EQ(edited("a:\n  b: 1\n  c: 2", {remove("a.c")}), "a:\n  b: 1");
  EXPECT_EQ(edited("a: 1\n\nb: 2", {remove("b")}), "a: 1");
  EXPECT_EQ(edited("a: 1", {set("b", "2")}), "a: 1\nb: 2");
  EXPECT_EQ(edited("\xef\xbb\xbf" "a:\n  b: 1\n", {set("c", "2")}), "\xef\xbb\xbf" "a:\n  b: 1\nc: 2\n");
}

TEST(Edit, FindsDocumentsAndItemsOfLists) {
  EXPECT_EQ(edited("%YAML 1.1\n--- # first\na: 1\n...\n---\nb: 1\n# end\n", {set("x", "1", 0), set("w", "2", 1)}),
            "%YAML 1.1\n--- # first\na: 1\nx: 1\n...\n---\nb: 1\nw: 2\n# end\n");
  EXPECT_EQ(edited("kind: List\nitems:\n- kind: Pod\n- kind: Job\n", {set("items[0].spec", "{\"a\": 1}"), set("items[1].spec", "{\"a\": 2}")}),
            "kind: List\nitems:\n- kind: Pod\n  spec:\n    a: 1\n- kind: Job\n  spec:\n    a: 2\n");
}

TEST(Edit, WritesOnlyWhatDiffersInAMapping) {
  const auto result = edit_yaml("a:\n  # keep\n  b: 1\n  c: 2\n", {set("a", R"({"b": 1, "c": 3, "d": 4})")});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text, "a:\n  # keep\n  b: 1\n  c: 3\n  d: 4\n");
  EXPECT_EQ(result->edits, (std::vector<Edit>{{24, 1, "3"}, {26, 0, "  d: 4\n"}}));
}

TEST(Edit, DoesChangesInTheirOrder) {
  EXPECT_EQ(edited("a: 1\n", {set("b.c", "1"), set("b.d", "2"), set("b.c", "3"), add("b.l", "1"), add("b.l", "2")}),
            "a: 1\nb:\n  c: 3\n  d: 2\n  l:\n  - 1\n  - 2\n");
}

TEST(Edit, SaysWhatWasTrueAlready) {
  const auto result = edit_yaml("a: yes\nl: [x]\n", {set("a", "true"), add("l", "\"x\""), drop("l", "\"z\""), remove("q.r")});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->edits.empty());
  for (const ChangeOutcome& outcome : result->outcomes) EXPECT_EQ(outcome.state, ChangeOutcome::State::kTrueAlready);
}

TEST(Edit, RefusesWhatOtherPlacesShare) {
  const std::string_view text = "x: &x\n  a: 1\nw: *x\nz:\n  <<: *x\n  b: 2\n";
  for (const char* at : {"x.a", "w.a", "z.a"}) EXPECT_NE(refusal(text, set(at, "2")).find("merge key"), std::string::npos) << at;
  EXPECT_NE(refusal(text, set("z.c", "2")).find("merge key"), std::string::npos);
  EXPECT_NE(refusal(text, remove("x")).find("shared"), std::string::npos);
  EXPECT_EQ(edited(text, {set("q", "1")}), std::string(text) + "q: 1\n");
}

TEST(Edit, RefusesTagsBlockScalarsTemplatesAndDuplicates) {
  EXPECT_EQ(refusal("a: !!str 1\n", set("a", "2")), "a.yaml:1:4: a has an explicit tag [edit-refused]\n  change this place by hand");
  EXPECT_NE(refusal("a: |\n  x\n", set("a", "2")).find("block scalar"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n# {{ if .x }}\nb: 2\n", set("a", "2")).find("template"), std::string::npos);
  EXPECT_NE(refusal("a: '{{ x }}'\n", set("a", "2")).find("template"), std::string::npos);
  EXPECT_EQ(edited("a: '{{ x }}'\nb: 1\n", {set("b", "2")}), "a: '{{ x }}'\nb: 2\n");
  YamlLimits limits;
  limits.duplicates = DuplicateKeys::kLastCounts;
  const auto result = edit_yaml("a: 1\na: 2\n---\nb: 1\n", {set("a", "3"), set("b", "2", 1)}, limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text, "a: 1\na: 2\n---\nb: 2\n");
  EXPECT_NE(result->outcomes[0].reason->text().find("twice"), std::string::npos);
}

TEST(Edit, PutsNothingBehindAnOpenBlockScalar) {
  EXPECT_NE(refusal("a:\n  b: |\n    x", set("a.c", "1")).find("no last line break"), std::string::npos);
  EXPECT_EQ(edited("a:\n  b: |+\n    x\n\n# c\n", {set("a.c", "1")}), "a:\n  b: |+\n    x\n\n  c: 1\n# c\n");
  EXPECT_EQ(edited("a:\n  b: |\n    x\n\n# c\n", {set("a.c", "1")}), "a:\n  b: |\n    x\n  c: 1\n\n# c\n");
}

TEST(Edit, RefusesWhatMakesNoSense) {
  EXPECT_NE(refusal("a: x\n", set("a.b", "1")).find("a is a string, not a mapping"), std::string::npos);
  EXPECT_NE(refusal("a: {}\n", add("a", "1")).find("a is a mapping, not a list"), std::string::npos);
  EXPECT_NE(refusal("a: [1]\n", set("a[3]", "1")).find("a has no item 3"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n", set("b", "1", 7)).find("does not exist"), std::string::npos);
  EXPECT_NE(refusal("a: 1\n", remove("a")).find("as a whole"), std::string::npos);
}

TEST(Edit, DoesTheRestWhenOneChangeIsRefused) {
  const auto result = edit_yaml("a: |\n  x\nb: 1\n", {set("a", "1"), set("b", "2")});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text, "a: |\n  x\nb: 2\n");
  EXPECT_EQ(result->outcomes[0].state, ChangeOutcome::State::kRefused);
  EXPECT_EQ(result->outcomes[1].state, ChangeOutcome::State::kDone);
}

TEST(Edit, LeavesUnreadableDocumentsAlone) {
  EXPECT_EQ(edited("a: 1\n---\n{ broken\n---\nb: 1\n", {set("c", "2", 1)}), "a: 1\n---\n{ broken\n---\nb: 1\nc: 2\n");
  EXPECT_FALSE(edit_yaml("a: [", {set("a", "1")}));
}

TEST(Edit, FindsTheAddressOfAPlace) {
  const YamlStream stream = read_yaml("a: 1\n---\nspec:\n  l:\n  - x: 1\n  - w: {z: q}\n");
  const Node& wanted = *find_path(stream.documents[1].root, path("spec.l[1].w.z"));
  const auto found = find_address(stream, wanted.span());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->document, 1U);
  EXPECT_EQ(path_text(found->path), "spec.l[1].w.z");
  EXPECT_FALSE(find_address(stream, Span{1, 2, 1, 2}));
}

}  // namespace
}  // namespace raykeep::document
