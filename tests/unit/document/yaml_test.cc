// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"

#include <gtest/gtest.h>
#include <string>

#include "document/json.h"

namespace raykeep::document {
namespace {

// Every document as JSON and every error as "line:column sentence", one a line.
std::string reading(std::string_view text, const YamlLimits& limits = {}) {
  std::string out;
  const YamlStream stream = read_yaml(text, limits);
  for (const YamlDocument& document : stream.documents) out += write_json(document.root) + "\n";
  for (const Error& error : stream.errors) {
    out += std::to_string(error.at()->line) + ":" + std::to_string(error.at()->column) + " " + error.message() + "\n";
  }
  return out;
}

struct Case {
  const char* name;
  std::string yaml;
  std::string expected;
};

class YamlReads : public testing::TestWithParam<Case> {};

TEST_P(YamlReads, AsTheApiServerDoes) {
  EXPECT_EQ(reading(GetParam().yaml), GetParam().expected + "\n");
}

// What sigs.k8s.io/yaml 1.4 gives for the same texts.
INSTANTIATE_TEST_SUITE_P(
    Texts, YamlReads,
    testing::Values(
        Case{"TruthInAllSpellings", "[y, Y, yes, Yes, YES, on, On, true, TRUE, n, N, no, off, OFF, False]",
             "[true,true,true,true,true,true,true,true,true,false,false,false,false,false,false]"},
        Case{"AlmostTruth", "[yES, oFF, tRUE, ja]", R"(["yES","oFF","tRUE","ja"])"},
        Case{"QuotedTruthIsText", "[\"yes\", 'on', '0777', \"1\"]", R"(["yes","on","0777","1"])"},
        Case{"Nothing", "a: ~\nb:\nc: Null\nd: null\ne: ''", R"({"a":null,"b":null,"c":null,"d":null,"e":""})"},
        Case{"Integers", "[0777, 0o17, 0O17, 0x1F, 0X1f, 0b11, -0b11, -0x10, 1_000, 0_7, +1, -0, 00, 1__0]",
             "[511,15,15,31,31,3,-3,-16,1000,7,1,0,0,10]"},
        Case{"IntegersBeyond64Bits", "[18446744073709551615, 18446744073709551616, -9223372036854775808]",
             "[18446744073709551615,18446744073709551616,-9223372036854775808]"},
        Case{"Fractions", "[1., .5, -.5, +.5e3, 08, 1.10, 1e3, 1E6, 1e21, 1e20, 5e-1, 1e-7, 0.1e-7, 1.50, 1._5]",
             "[1,0.5,-0.5,500,8,1.1,1000,1000000,1e+21,100000000000000000000,0.5,1e-7,1e-8,1.5,1.5]"},
        Case{"AlmostNumbers", "[1.2.3, .5.5, 1e5e5, 0x, 0b2, _1, ._5, 1e400, 1e-400, '--1', 1:20, 2001-01-01, =, <<]",
             R"(["1.2.3",".5.5","1e5e5","0x","0b2","_1","._5","1e400",0,"--1","1:20","2001-01-01","=","<<"])"},
        Case{"KeysBecomeText", "8080: a\ntrue: b\n1.5: c\n0x10: d\nno: e",
             R"({"8080":"a","true":"b","1.5":"c","16":"d","false":"e"})"},
        Case{"Tags", "[!!str 1, !!int \"3\", !!float 1, !!bool \"yes\", !!binary aGk=, !own 12, ! 12, !!null ~]",
             R"(["1",3,1,true,"hi","12","12",null])"},
        Case{"Anchors", "a: &x {k: [1]}\nb: *x\nc: *x", R"({"a":{"k":[1]},"b":{"k":[1]},"c":{"k":[1]}})"},
        Case{"AliasAsKey", "a: &x one\n*x : 2", R"({"a":"one","one":2})"},
        Case{"MergeFillsIn", "a: &x {k: 1, z: 2}\nb:\n  <<: *x\n  k: 7", R"({"a":{"k":1,"z":2},"b":{"k":7,"z":2}})"},
        Case{"MergeOverridesWhatIsAboveIt", "a: &x {k: 1, z: 2}\nb:\n  k: 7\n  <<: *x",
             R"({"a":{"k":1,"z":2},"b":{"k":1,"z":2}})"},
        Case{"FirstOfSeveralMergesWins", "b: {<<: [{a: 1}, {a: 2, c: 3}]}", R"({"b":{"a":1,"c":3}})"},
        Case{"QuotedMergeKeyIsAKey", "\"<<\": 1", R"({"<<":1})"},
        Case{"BlockText", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", R"({"a":"one\ntwo\n","b":"one two"})"},
        Case{"CarriageReturns", "a: 1\r\nb:\r\n- x\r\n- |\r\n  y\r\n", R"({"a":1,"b":["x","y\n"]})"},
        Case{"ByteOrderMark",
             "\xef\xbb\xbf"
             "a: 1",
             R"({"a":1})"},
        Case{"JsonIsYaml", "{\"a\":[1,\"\\u00e9\\n\",{}],\"b\":null}", "{\"a\":[1,\"\u00e9\\n\",{}],\"b\":null}"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Yaml, ReadsManyDocuments) {
  EXPECT_EQ(reading("# nothing yet\n---\na: 1\n--- # comment\nb: 2\n...\n---\n# only a comment\n--- {c: 3}\n"),
            "{\"a\":1}\n{\"b\":2}\nnull\n{\"c\":3}\n");
  EXPECT_EQ(reading(""), "");
  EXPECT_EQ(reading("# only a comment\n"), "");
}

TEST(Yaml, TellsEveryBrokenDocumentAndReadsTheOthers) {
  EXPECT_EQ(reading("a: 1\n---\nb: [1\n---\nc: 3\n---\nd: 1\nd: 2\n---\ne: 5\n---\n\tf: 6\n"),
            "{\"a\":1}\n{\"c\":3}\n{\"e\":5}\n"
            "4:1 YAML: while parsing a flow sequence, did not find expected ',' or ']'\n"
            "8:1 YAML: the key \"d\" stands here a second time\n"
            "12:1 YAML: while scanning for the next token, found character that cannot start any token\n");
}

TEST(Yaml, RefusesWhatTheApiServerRefuses) {
  EXPECT_EQ(reading("a: .inf"), "1:4 YAML: .inf has no meaning in Kubernetes\n");
  EXPECT_EQ(reading("? [1]\n: 2"), "1:3 YAML: a key must be a simple value\n");
  EXPECT_EQ(reading("a: {{ x }}"), "1:5 YAML: a key must be a simple value; a template ({{ ... }}) must be rendered first\n");
  EXPECT_EQ(reading("~: 2"), "1:1 YAML: a key is missing\n");
  EXPECT_EQ(reading("a: !!int 3.5"), "1:4 YAML: its tag says otherwise: this is not an integer\n");
  EXPECT_EQ(reading("a: *b"), "1:4 YAML: no anchor &b stands before this\n");
  EXPECT_EQ(reading("a: &b [*b]"), "1:8 YAML: *b contains itself\n");
  EXPECT_EQ(reading("a: {<<: 1}"), "1:9 YAML: a merge key needs a mapping or a list of mappings\n");
  EXPECT_EQ(reading("a: \xff"), "1:4 YAML: a byte that is not UTF-8\n");
  EXPECT_EQ(reading("1: a\n\"1\": b"), "2:1 YAML: the key \"1\" stands here a second time\n");
}

TEST(Yaml, FindsDuplicateKeysBesideAMerge) {
  EXPECT_EQ(reading("<<: {a: 1}\na: 2\nb: 1\nb: 2"), "4:1 YAML: the key \"b\" stands here a second time\n");
  EXPECT_EQ(reading("a: 2\na: 3\n<<: {a: 1}"), "2:1 YAML: the key \"a\" stands here a second time\n");
}

TEST(Yaml, LimitsWhatAliasesBring) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += "," + before;
    bomb += "]\n";
  }
  const YamlStream stream = read_yaml(bomb);
  ASSERT_EQ(stream.errors.size(), 1U);
  EXPECT_EQ(stream.errors[0].code().id, kYamlTooLarge.id);
}

TEST(Yaml, LimitsDepthSizeValuesAndErrors) {
  EXPECT_EQ(reading("[[[]]]", {.depth = 2}), "1:3 YAML: nested deeper than 2 levels\n");
  EXPECT_EQ(reading("[1, 2, 3]", {.nodes = 3}), "1:8 YAML: more than 3 values\n");
  EXPECT_EQ(reading("a: 12", {.bytes = 4}), "1:1 YAML: more than 4 bytes\n");
  EXPECT_EQ(read_yaml(std::string(200000, '[')).errors.size(), 1U);
  EXPECT_EQ(read_yaml(std::string(200000, '-')).documents.size(), 1U);
  std::string broken;
  for (int i = 0; i < 50; ++i) broken += "---\n[\n";
  EXPECT_EQ(read_yaml(broken, {.errors = 10}).errors.size(), 11U);
}

const Node& at(const Node& node, std::initializer_list<std::string_view> path) {
  return *node.find_path(path);
}

TEST(Yaml, GivesEveryValueItsBytes) {
  const std::string text =
      "# \u20ac\nspec:\n  names: &n\n  - \"\u00e9\"\n  - two words # why\n  flow: {a: [1, 2] }\n  text: |\n    "
      "x\nlast: 1\n";
  const YamlStream stream = read_yaml(text);
  ASSERT_EQ(stream.documents.size(), 1U);
  const Node& root = stream.documents[0].root;
  const auto bytes = [&](const Node& node) {
    return text.substr(node.span().begin, node.span().end - node.span().begin);
  };
  EXPECT_EQ(bytes(at(root, {"spec", "names"}).items()[0]), "\"\u00e9\"");
  EXPECT_EQ(bytes(at(root, {"spec", "names"}).items()[1]), "two words");
  EXPECT_EQ(bytes(at(root, {"spec", "flow"})), "{a: [1, 2] }");
  EXPECT_EQ(bytes(at(root, {"spec", "flow", "a"})), "[1, 2]");
  EXPECT_EQ(bytes(root.find_member("last")->key), "last");
  EXPECT_EQ(at(root, {"spec", "names"}).items()[1].span().line, 5U);
  EXPECT_EQ(at(root, {"spec", "names"}).items()[1].span().column, 5U);
  EXPECT_EQ(at(root, {"spec", "flow", "a"}).items()[1].span().column, 17U);
  EXPECT_EQ(bytes(at(root, {"spec", "text"})), "|\n    x\n");
}

TEST(Yaml, MarksWhatAnAnchorShares) {
  const YamlStream stream = read_yaml("a: &x {k: 1}\nb: *x\nc: {<<: *x, own: 1}\nd: 1");
  const Node& root = stream.documents.at(0).root;
  EXPECT_TRUE(at(root, {"a", "k"}).shared());
  EXPECT_TRUE(at(root, {"b", "k"}).shared());
  EXPECT_TRUE(at(root, {"c", "k"}).shared());
  EXPECT_FALSE(at(root, {"c", "own"}).shared());
  EXPECT_FALSE(at(root, {"d"}).shared());
  EXPECT_EQ(at(root, {"b", "k"}).span().line, 1U);
}

TEST(Yaml, OneDocumentMayBeDemanded) {
  EXPECT_TRUE(read_yaml_document(std::string_view())->is_null());
  EXPECT_EQ(write_json(*read_yaml_document("a: 1")), R"({"a":1})");
  EXPECT_TRUE(read_yaml_document("")->is_null());
  const Result<Node> two = read_yaml_document("a: 1\n---\nb: 2\n", {}, "raykeep.yaml");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().at()->file, "raykeep.yaml");
  EXPECT_EQ(two.error().at()->line, 2U);
}

TEST(Yaml, RefusesAnchorsAndAliasesWhereAskedTo) {
  const YamlLimits plain{.aliases = YamlAliases::kRefuse};
  EXPECT_NE(reading("a: &x 1", plain).find("1:4 YAML: anchors and aliases are not taken here"), std::string::npos);
  EXPECT_EQ(reading("a: '&x'\nb: \"*x\"", plain), "{\"a\":\"&x\",\"b\":\"*x\"}\n");
}

TEST(Yaml, TakesTheLastOfEqualKeysAndTellsOfIt) {
  const YamlLimits lenient{.duplicates = DuplicateKeys::kLastCounts};
  EXPECT_EQ(reading("a: 1\nb: 2\na: 3\na: 4\n", lenient), "{\"a\":4,\"b\":2}\n");
  EXPECT_EQ(reading("a: 1\n<<: {b: 2}\na: 3\n", lenient), "{\"a\":3,\"b\":2}\n");
  const YamlStream stream = read_yaml("a: 1\nb: {c: 2, c: 3}\na: 3\n", lenient);
  ASSERT_EQ(stream.documents.at(0).duplicates.size(), 2U);
  EXPECT_EQ(stream.documents[0].duplicates[0].span().line, 2U);
  EXPECT_EQ(stream.documents[0].duplicates[1].span().line, 3U);
}

// A text of several megabytes is read in parts at the same time; nobody may see that.
std::string many_documents(int count, const std::string& between) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "---\nnumber: " + std::to_string(i) + "\ntext: |\n  " + std::string(100, 'x') + "\n" + between;
  return out;
}

TEST(YamlParts, EveryDocumentIsThereOnceAndInItsPlace) {
  const YamlStream stream = read_yaml(many_documents(20'000, "# between\n"));
  ASSERT_TRUE(stream.errors.empty());
  ASSERT_EQ(stream.documents.size(), 20'000U);
  for (std::size_t i = 0; i < stream.documents.size(); ++i) {
    const Node* number = stream.documents[i].root.find("number");
    ASSERT_NE(number, nullptr);
    ASSERT_EQ(number->as_integer(), static_cast<std::int64_t>(i));
    ASSERT_EQ(number->span().line, i * 5 + 2);
    if (i > 0) {
      ASSERT_LE(stream.documents[i - 1].end, stream.documents[i].begin);
    }
  }
}

TEST(YamlMemory, OfTheStreamHoldsTheSameTrees) {
  const YamlLimits in_stream{.duplicates = DuplicateKeys::kLastCounts, .memory = YamlMemory::kOfStream};
  const YamlLimits in_nodes{.duplicates = DuplicateKeys::kLastCounts};
  const std::string small = "a: &x {b: [1, a text of more than sixteen bytes], c: {}}\nd: *x\ne:\n  <<: *x\n  b: two\na: \"quoted, and longer than sixteen bytes\"\n";
  for (const std::string& text : {small, many_documents(10'000, "")}) {
    const YamlStream one = read_yaml(text, in_stream), other = read_yaml(text, in_nodes);
    ASSERT_EQ(one.documents.size(), other.documents.size());
    for (std::size_t i = 0; i < one.documents.size(); ++i) {
      ASSERT_TRUE(same_value(one.documents[i].root, other.documents[i].root));
      ASSERT_EQ(one.documents[i].root.span(), other.documents[i].root.span());
      ASSERT_EQ(one.documents[i].duplicates.size(), other.documents[i].duplicates.size());
    }
  }
}

TEST(YamlMemory, OfTheStreamIsNotChangedThroughCopies) {
  YamlStream stream = read_yaml("list:\n- name: a\n  text: longer than sixteen bytes\n", {.memory = YamlMemory::kOfStream});
  const std::string before = write_json(stream.documents.front().root);
  Node copy = stream.documents.front().root;
  copy.find("list")->items()[0].set("name", Node::string("changed"));
  EXPECT_EQ(write_json(stream.documents.front().root), before);
  copy = Node();  // must not outlive the stream
  stream = read_yaml("other: text that is longer than sixteen bytes\n", {.memory = YamlMemory::kOfStream});
  EXPECT_EQ(stream.documents.front().root.members().front().name(), "other");
}

TEST(YamlParts, AMistakeFarInsideCostsItsDocumentAlone) {
  const std::string half = many_documents(10'000, "");
  const YamlStream stream = read_yaml(half + "---\na: [1\n" + half);
  ASSERT_EQ(stream.errors.size(), 1U);
  EXPECT_EQ(stream.errors[0].at()->line, 40'003U);
  EXPECT_EQ(stream.documents.size(), 20'000U);
}

TEST(YamlParts, ADirectiveStaysWithItsDocument) {
  const std::string half = many_documents(10'000, "");
  const YamlStream stream = read_yaml(half + "...\n%YAML 1.1\n" + half);
  EXPECT_TRUE(stream.errors.empty());
  EXPECT_EQ(stream.documents.size(), 20'000U);
}

TEST(YamlParts, TheLimitCountsTheWholeText) {
  YamlLimits limits;
  limits.nodes = 50'000;
  const YamlStream stream = read_yaml(many_documents(20'000, ""), limits);
  ASSERT_EQ(stream.errors.size(), 1U);
  EXPECT_EQ(&stream.errors[0].code(), &kYamlTooLarge);
}

}  // namespace
}  // namespace raykeep::document
