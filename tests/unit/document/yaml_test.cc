// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

#include "document/json.h"

namespace raykeep::document {
namespace {

using namespace std::string_literals;

std::string as_json(std::string_view text, const YamlLimits& limits = {}) {
  const Result<Node> node = read_yaml(text, limits, "f.yaml");
  return node ? write_json(*node) : node.error().text();
}

struct Scalar {
  const char* yaml;
  const char* json;
};

class YamlScalar : public testing::TestWithParam<Scalar> {};

TEST_P(YamlScalar, MeansWhatTheApiServerTakesItFor) {
  EXPECT_EQ(as_json(GetParam().yaml), GetParam().json) << GetParam().yaml;
}

// Each line was also put through sigs.k8s.io/yaml, which gave the same value.
INSTANTIATE_TEST_SUITE_P(Words, YamlScalar,
                         testing::Values(Scalar{"yes", "true"}, Scalar{"Y", "true"}, Scalar{"ON", "true"},
                                         Scalar{"n", "false"}, Scalar{"Off", "false"}, Scalar{"yEs", "\"yEs\""},
                                         Scalar{"'yes'", "\"yes\""}, Scalar{"~", "null"}, Scalar{"Null", "null"},
                                         Scalar{"nULL", "\"nULL\""}, Scalar{"2001-12-14", "\"2001-12-14\""},
                                         Scalar{"12:30:45", "\"12:30:45\""}, Scalar{"=", "\"=\""},
                                         Scalar{"<<", "\"<<\""}, Scalar{"1.2.3", "\"1.2.3\""},
                                         Scalar{"0.0.0.0", "\"0.0.0.0\""}));
INSTANTIATE_TEST_SUITE_P(Integers, YamlScalar,
                         testing::Values(Scalar{"0", "0"}, Scalar{"-0", "0"}, Scalar{"+12", "12"},
                                         Scalar{"0755", "493"}, Scalar{"-010", "-8"}, Scalar{"0o17", "15"},
                                         Scalar{"0x1F", "31"}, Scalar{"-0x10", "-16"}, Scalar{"0b101", "5"},
                                         Scalar{"1_000", "1000"}, Scalar{"089", "89"},
                                         Scalar{"18446744073709551615", "18446744073709551615"},
                                         Scalar{"-9223372036854775808", "-9223372036854775808"}, Scalar{"0x", "\"0x\""},
                                         Scalar{"1e", "\"1e\""},
                                         Scalar{"0x10000000000000000", "\"0x10000000000000000\""},
                                         Scalar{"--1", "\"--1\""}, Scalar{"+", "\"+\""}, Scalar{"_1", "\"_1\""}));
INSTANTIATE_TEST_SUITE_P(Fractions, YamlScalar,
                         testing::Values(Scalar{"0.5", "0.5"}, Scalar{".5", "0.5"}, Scalar{"5.", "5"},
                                         Scalar{"+1.5", "1.5"}, Scalar{"1e3", "1e3"}, Scalar{"1_0.5", "10.5"},
                                         Scalar{"1e400", "\"1e400\""}, Scalar{"._5", "\"._5\""}, Scalar{".5_5", "0.55"},
                                         Scalar{".5_", "\".5_\""}, Scalar{"..5", "\"..5\""}));
INSTANTIATE_TEST_SUITE_P(Tags, YamlScalar,
                         testing::Values(Scalar{"!!str 1", "\"1\""}, Scalar{"! 1", "\"1\""}, Scalar{"!!int '7'", "7"},
                                         Scalar{"!!float 7", "7"}, Scalar{"!!bool yes", "true"},
                                         Scalar{"!!null ''", "null"}));

TEST(Yaml, KeepsTheOrderOfKeysAndTakesThemAsText) {
  EXPECT_EQ(as_json("b: 1\na: [x, 'y']\n8080: z\non: {c: }\n"),
            R"({"b":1,"a":["x","y"],"8080":"z","true":{"c":null}})");
}

TEST(Yaml, ReadsBlockTextAndContinuedLines) {
  EXPECT_EQ(as_json("a: |\n  one\n   two\nb: >-\n  one\n  two\nc: one\n  two\nd: \"\\u00e9\\n\"\n"),
            R"({"a":"one\n two\n","b":"one two","c":"one two","d":"é\n"})");
}

TEST(Yaml, ReadsEmptyBlockTextsWhereTheirEndIsPlain) {
  EXPECT_EQ(as_json("a: |\nb: >\n\nc:\n- |\n- d: |\n\n-\n  e: |\n"), R"({"a":"","b":"","c":["",{"d":""},{"e":""}]})");
  EXPECT_EQ(as_json("|"), "\"\"");
  EXPECT_EQ(as_json("a: |"), R"({"a":""})");
}

TEST(Yaml, TakesJson) {
  EXPECT_EQ(as_json("{\"a\": [1, true, null, \"x\\/y\"],\n \"b\": {}}"), R"({"a":[1,true,null,"x/y"],"b":{}})");
}

TEST(Yaml, GivesPlacesInBytesThroughByteOrderMarkAndCarriageReturns) {
  const auto node = read_yaml(
      "\xef\xbb\xbf"
      "é: 1\r\nlist:\r\n  - 'é' \r\n  - key: 12\r\n",
      {}, "f");
  ASSERT_TRUE(node) << node.error().text();
  const Node& item = node->find("list")->items()[1];
  EXPECT_EQ(node->members()[0].key.span(), (Span{3, 5, 1, 4}));
  EXPECT_EQ(node->find("list")->items()[0].span(), (Span{21, 25, 3, 5}));
  EXPECT_EQ(item.find("key")->span().line, 4U);
  EXPECT_EQ(item.find("key")->span().column, 10U);
  EXPECT_EQ(item.span().column, 5U);
}

TEST(Yaml, KeepsHowAValueIsWritten) {
  const auto node = read_yaml("- a\n- 'a'\n- \"a\"\n- |\n  a\n- >\n  a\n- [a]\n- b: c\n", {}, "f");
  ASSERT_TRUE(node);
  const Style styles[] = {Style::kPlain,  Style::kSingleQuoted, Style::kDoubleQuoted, Style::kLiteral,
                          Style::kFolded, Style::kFlow,         Style::kBlock};
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(node->items()[i].style(), styles[i]) << i;
}

TEST(Yaml, ExpandsAliasesAndMarksWhatIsShared) {
  const auto node = read_yaml("a: &x {k: [1]}\nb: *x\nc: 1\n", {}, "f");
  ASSERT_TRUE(node) << node.error().text();
  EXPECT_EQ(write_json(*node), R"({"a":{"k":[1]},"b":{"k":[1]},"c":1})");
  EXPECT_TRUE(node->find("a")->shared());
  EXPECT_TRUE(node->find("b")->find("k")->items()[0].shared());
  EXPECT_EQ(node->find("b")->span(), node->find("a")->span());
  EXPECT_FALSE(node->find("c")->shared());
}

TEST(Yaml, GivesAnAnchorNameToTheLastValueThatHadIt) {
  EXPECT_EQ(as_json("[&x 1, *x, &x 2, *x]"), "[1,1,2,2]");
  EXPECT_EQ(as_json("[&x [1, &x 2], *x]"), "[[1,2],2]");
}

TEST(Yaml, TakesEveryLineEndForOne) {
  EXPECT_EQ(as_json("a: 'x\r\n  y'\r\nb: |\r\n  z\r\n  w\rc: \"p\r  q\"\r"), R"({"a":"x y","b":"z\nw\n","c":"p q"})");
}

TEST(Yaml, FoldsLinesBetweenSingleQuotes) {
  EXPECT_EQ(as_json("'it''s  \n\n\n   two '''"), R"("it's\n\ntwo '")");
  EXPECT_EQ(as_json("' \n x\n '"), R"(" x ")");
  EXPECT_EQ(as_json("'\"\\n'"), R"("\"\\n")");
}

TEST(Yaml, RefusesAliasesWhereAskedTo) {
  EXPECT_TRUE(as_json("a: &x 1", {.aliases = YamlAliases::kRefuse}).starts_with("f.yaml:1:"));
  EXPECT_NE(as_json("a: {<<: *x}", {.aliases = YamlAliases::kRefuse}).find("not taken here"), std::string::npos);
  EXPECT_EQ(as_json("a: '&x'\nb: \"*x\"", {.aliases = YamlAliases::kRefuse}), R"({"a":"&x","b":"*x"})");
}

TEST(Yaml, GivesBlockTextALineEndOnlyWhereOneStands) {
  EXPECT_EQ(as_json("|\n  x"), R"("x")");
  EXPECT_EQ(as_json("|\n  x\n"), R"("x\n")");
  EXPECT_EQ(as_json("|\n  x\n\n"), R"("x\n")");
  EXPECT_EQ(as_json("|+\n  x\n\n"), R"("x\n\n")");
  EXPECT_EQ(as_json("--- |\nx\n"), R"("x\n")");
}

TEST(Yaml, MergesWithoutChangingKeysOfTheMappingItself) {
  EXPECT_EQ(as_json("base: &b {p: 1, q: 2}\nother: &o {q: 3, r: 4}\nuse:\n  a: 0\n  <<: [*b, *o]\n  p: 9\n"),
            R"({"base":{"p":1,"q":2},"other":{"q":3,"r":4},"use":{"a":0,"q":2,"r":4,"p":9}})");
  EXPECT_EQ(as_json("{<<: {x: 1}}"), R"({"x":1})");
  EXPECT_EQ(as_json("{'<<': {x: 1}}"), R"({"<<":{"x":1}})");
}

TEST(Yaml, ReadsStreamsAndLeavesOutEmptyDocuments) {
  const auto documents =
      read_yaml_stream("# nothing\n---\na: &x 1\n---\n# nothing\n---\n...\n---\n- 2\n--- ~\n", {}, "f");
  ASSERT_TRUE(documents) << documents.error().text();
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_EQ(write_json((*documents)[0]), R"({"a":1})");
  EXPECT_EQ(write_json((*documents)[1]), "[2]");
  EXPECT_EQ((*documents)[1].span().line, 9U);
  EXPECT_TRUE((*documents)[2].is_null());
}

TEST(Yaml, ReadsATextOfNothingAsNull) {
  for (const char* text : {"", "\n", "# comment\n", "# comment", "---\n", "---", "...\n", "---\n...\n", "\xef\xbb\xbf"})
    EXPECT_EQ(as_json(text), "null") << text;
}

struct Refused {
  const char* name;
  std::string yaml;
  const char* error;  // the beginning of Error::text()
};
std::ostream& operator<<(std::ostream& out, const Refused& refused) {
  return out << refused.name;
}

class YamlRefuses : public testing::TestWithParam<Refused> {};

TEST_P(YamlRefuses, WithThePlace) {
  const std::string text = as_json(GetParam().yaml);
  EXPECT_TRUE(text.starts_with(GetParam().error)) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, YamlRefuses,
    testing::Values(
        Refused{"DuplicateKey", "a: 1\nb: 2\n\"a\": 3\n", "f.yaml:3:1: the key \"a\" stands twice [yaml-malformed]"},
        Refused{"DuplicateKeyOfAnotherKind", "{1: a, '1': b}", "f.yaml:1:8: the key \"1\" stands twice"},
        Refused{"SecondDocument", "a: 1\n---\nb: 2\n", "f.yaml:3:1: a second document begins here"},
        Refused{"UnknownAlias", "a: *b\n", "f.yaml:1:"}, Refused{"AliasToItself", "a: &x [1, *x]\n", "f.yaml:1:"},
        Refused{"AliasOfAnotherDocument", "&x 1\n---\n*x\n", "f.yaml:3:"},
        Refused{"ListAsKey", "? [a]\n: b\n", "f.yaml:1:3: a list or mapping cannot be a key"},
        Refused{"NullAsKey", "~: b\n", "f.yaml:1:1: null cannot be a key"},
        Refused{"NotANumber", "a: .nan\n", "f.yaml:1:4: .nan is a number that JSON does not have"},
        Refused{"FractionAsKey", "{1.20: x}", "f.yaml:1:2: readers write the number 1.20 as a key differently"},
        Refused{"ExponentAsKey", "+6e8: x", "f.yaml:1:1: readers write"},
        Refused{"TooLargeKey", "9223372036854775808: x", "f.yaml:1:1: readers write"},
        Refused{"ColonWithoutSpaceInFlow", "[a:, b]", "f.yaml:1:3: write a space after this colon"},
        Refused{"QuestionMarkInFlow", "{?a: b}", "f.yaml:1:2: a text that begins with ?"},
        Refused{"ColonInAnAnchor", "{&a: b}", "f.yaml:1:"},
        Refused{"KeyHiddenByEmptyBlockText", "- a: |\n  privileged: true\n",
                "f.yaml:2:3: the block text above is empty"},
        Refused{"ItemHiddenByEmptyBlockText", "k:\n  - >\n  - x\n", "f.yaml:3:3: the block text above is empty"},
        Refused{"TagOfAProgram", "!!python/object:os.system x", "f.yaml:1:"},
        Refused{"OwnTag", "a: !secret x\n", "f.yaml:1:"}, Refused{"WrongTag", "!!int x", "f.yaml:1:"},
        Refused{"TagOfNothing", "[!!str, x]", "f.yaml:1:"}, Refused{"TagOnAMapping", "!!set {a}", "f.yaml:1:"},
        Refused{"MergeOfAScalar", "a: {<<: 1}", "f.yaml:1:9: << takes a mapping"},
        Refused{"MergeTwice", "{<<: {a: 1}, <<: {b: 2}}", "f.yaml:1:14: the key << stands twice"},
        Refused{"MergeAfterTheKeyItBrings", "{a: 1, <<: {a: 2}}", "f.yaml:1:12: << would bring the key \"a\" again"},
        Refused{"Tab", "a:\n\tb: 1\n", "f.yaml:2:"}, Refused{"OpenBracket", "a: [1\n", "f.yaml:"},
        Refused{"OpenQuote", "a: 'x\nb: 1\n", "f.yaml:"}, Refused{"BadIndentation", "a: 1\n  b: 2\n", "f.yaml:1:4: "},
        Refused{"TextAfterEnd", "[1] x", "f.yaml:1:"},
        Refused{"NotUtf8", "a: \xff\n", "f.yaml:1:4: the byte 0xff may not stand in YAML"},
        Refused{"Utf16", "a\0:\0 \0"s, "f.yaml:1:2: the byte 0x00"},
        Refused{"LineSeparator", "a: x\xe2\x80\xa8y", "f.yaml:1:5: the byte 0xe2"},
        Refused{"NextLine", "a: x\xc2\x85", "f.yaml:1:5: the byte 0xc2"},
        Refused{"ControlCharacter", "a: \"\x1b[31m\"", "f.yaml:1:5: the byte 0x1b"},
        Refused{"SecondByteOrderMark", "a: \xef\xbb\xbf", "f.yaml:1:4: the byte 0xef"}),
    [](const auto& each) { return each.param.name; });

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}
std::string nested_blocks(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += std::string(i, ' ') + "a:\n";
  return out;
}

TEST(YamlLimit, BoundsTheDepthOfEveryWayToNest) {
  EXPECT_EQ(as_json(nested(8), {.depth = 8}), nested(8));
  EXPECT_EQ(as_json(nested(9), {.depth = 8}), "f.yaml:1:9: nested deeper than 8 [yaml-malformed]");
  EXPECT_TRUE(read_yaml(nested_blocks(8), {.depth = 8}, "f"));
  EXPECT_FALSE(read_yaml(nested_blocks(9), {.depth = 8}, "f"));
  EXPECT_TRUE(read_yaml("[&x [[1]], [*x]]", {.depth = 4}, "f"));
  EXPECT_FALSE(read_yaml("[&x [[1]], [[*x]]]", {.depth = 4}, "f"));
  EXPECT_FALSE(read_yaml(nested(100'000), {.depth = 100'000}, "f"));
  EXPECT_FALSE(read_yaml(nested_blocks(1000), {.depth = 100'000}, "f"));
}

TEST(YamlLimit, BoundsWhatAliasesExpandTo) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  const auto node = read_yaml(text, {.nodes = 10'000}, "f");
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code().id, kYamlTooLarge.id);
}

TEST(YamlLimit, CountsLongTextsThatAliasesRepeat) {
  const std::string text = "[&a " + std::string(64'000, 'x') + ", *a, *a, *a, *a, *a, *a, *a, *a]";
  EXPECT_TRUE(read_yaml(text, {.nodes = 12'000}, "f"));
  EXPECT_FALSE(read_yaml(text, {.nodes = 9'000}, "f"));
}

TEST(YamlLimit, BoundsTheTextAndTheDocuments) {
  EXPECT_TRUE(read_yaml("abcd", {.bytes = 4}, "f"));
  EXPECT_EQ(as_json("abcde", {.bytes = 4}), "f.yaml: it is larger than 4 bytes [yaml-too-large]");
  EXPECT_TRUE(read_yaml_stream("--- 1\n--- 2\n", {.documents = 2}, "f"));
  EXPECT_FALSE(read_yaml_stream("--- 1\n--- 2\n--- 3\n", {.documents = 2}, "f"));
}

}  // namespace
}  // namespace raykeep::document
