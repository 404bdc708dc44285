// SPDX-License-Identifier: Apache-2.0
#include "document/json.h"

#include <gtest/gtest.h>
#include <string>

namespace raykeep::document {
namespace {

using namespace std::string_literals;

std::string canonical(std::string_view text) {
  const Result<Node> node = read_json(text);
  return node ? write_json(*node) : "error: " + node.error().message();
}

std::string place_of_error(std::string_view text, const JsonLimits& limits = {}) {
  const Result<Node> node = read_json(text, limits);
  if (node) return "accepted";
  return std::to_string(node.error().at()->line) + ":" + std::to_string(node.error().at()->column);
}

TEST(Json, ReadsAndWritesEveryKindOfValue) {
  EXPECT_EQ(canonical(R"( { "a" : [ 1 , -0.50e+3, true, false, null ], "b":{}, "c":[], "":"x" } )"),
            R"({"a":[1,-0.50e+3,true,false,null],"b":{},"c":[],"":"x"})");
  EXPECT_EQ(canonical("\t\r\n\"top level scalar\"\n"), "\"top level scalar\"");
}

TEST(Json, KeepsTheTextOfNumbersBeyondWhatADoubleHolds) {
  EXPECT_EQ(canonical("[123456789012345678901234567890, 1E400, 0.1000, -0]"),
            "[123456789012345678901234567890,1E400,0.1000,-0]");
}

TEST(Json, DecodesEscapesAndWritesOnlyTheNecessaryOnes) {
  const Result<Node> node = read_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00\u0000\u001f")");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->text(), "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600\0\x1f"s);
  EXPECT_EQ(write_json(*node), "\"\\\"\\\\/\\b\\f\\n\\r\\tA\u00e9\u20ac\U0001F600\\u0000\\u001f\"");
}

struct Rejected {
  const char* name;
  std::string text;
  const char* place;
};

class JsonRejects : public testing::TestWithParam<Rejected> {};

TEST_P(JsonRejects, WithThePlace) {
  EXPECT_EQ(place_of_error(GetParam().text), GetParam().place) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, JsonRejects,
    testing::Values(
        Rejected{"Nothing", "", "1:1"}, Rejected{"OnlySpace", " \n ", "2:2"},
        Rejected{"ByteOrderMark", "\xef\xbb\xbf{}", "1:1"}, Rejected{"TrailingText", "{}\n x", "2:2"},
        Rejected{"TwoValues", "1 2", "1:3"}, Rejected{"DuplicateKey", "{\"a\":1,\n \"\\u0061\":2}", "2:2"},
        Rejected{"TrailingCommaInObject", "{\"a\":1,}", "1:8"}, Rejected{"TrailingCommaInArray", "[1,]", "1:4"},
        Rejected{"MissingComma", "[1 2]", "1:4"}, Rejected{"MissingColon", "{\"a\" 1}", "1:6"},
        Rejected{"BareKey", "{a:1}", "1:2"}, Rejected{"SingleQuotes", "['a']", "1:2"},
        Rejected{"Comment", "[1] // x", "1:5"}, Rejected{"NotANumber", "NaN", "1:1"},
        Rejected{"Infinity", "-Infinity", "1:1"}, Rejected{"LeadingZero", "[01]", "1:2"},
        Rejected{"LeadingPlus", "+1", "1:1"}, Rejected{"NoFraction", "1.", "1:3"}, Rejected{"NoWhole", ".5", "1:1"},
        Rejected{"EmptyExponent", "1e+", "1:4"}, Rejected{"Hexadecimal", "0x10", "1:2"},
        Rejected{"WordWithWrongCase", "True", "1:1"}, Rejected{"UnclosedString", "[\"ab", "1:2"},
        Rejected{"UnclosedArray", "[1", "1:3"}, Rejected{"UnclosedObject", "{\"a\":1", "1:7"},
        Rejected{"TabInString", "\"a\tb\"", "1:3"}, Rejected{"NulInString", "\"a\0b\""s, "1:3"},
        Rejected{"UnknownEscape", "\"\\x41\"", "1:2"}, Rejected{"ShortUnicodeEscape", "\"\\u12\"", "1:2"},
        Rejected{"LoneHighSurrogate", "\"\\ud800\"", "1:2"}, Rejected{"LoneLowSurrogate", "\"\\udc00x\"", "1:2"},
        Rejected{"TwoHighSurrogates", "\"\\ud800\\ud800\"", "1:2"}, Rejected{"WrongByte", "[1,\n\"\xff\"]", "2:2"},
        Rejected{"OverlongCharacter", "\"\xc0\xaf\"", "1:2"}, Rejected{"EncodedSurrogate", "\"\xed\xa0\x80\"", "1:2"},
        Rejected{"FormFeedAsSpace", "\f1", "1:1"},
        Rejected{"NoBreakSpace",
                 "\xc2\xa0"
                 "1",
                 "1:1"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Json, NamesTheKeyThatStandsTwice) {
  EXPECT_EQ(canonical(R"({"entrypoint":"a","entrypoint":"b"})"),
            R"(error: JSON: the key "entrypoint" stands here a second time)");
}

TEST(Json, FindsADuplicateAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,\n";
  EXPECT_EQ(place_of_error(text + "\"k500\":1}"), "1001:1");
}

TEST(Json, ReplacesHalfACharacterOnlyWhenAsked) {
  JsonLimits limits;
  limits.lone_surrogate = LoneSurrogate::kReplace;
  const Result<Node> node = read_json(R"("a\udc80b")", limits);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->text(), "a\ufffdb");
}

TEST(Json, LimitsDepthSizeAndNumberOfValues) {
  JsonLimits limits{.bytes = 20, .nodes = 3, .depth = 2};
  EXPECT_EQ(place_of_error("[[1]]", limits), "accepted");
  EXPECT_EQ(place_of_error("[[[]]]", limits), "1:3");
  EXPECT_EQ(place_of_error("[1,2,3]", limits), "1:6");
  EXPECT_EQ(place_of_error("\"aaaaaaaaaaaaaaaaaaa\"", limits), "1:1");
  EXPECT_EQ(read_json("[1,2,3]", limits).error().code().id, kJsonTooLarge.id);
  const std::string deep = std::string(100000, '[');
  EXPECT_EQ(place_of_error(deep), "1:101");
}

TEST(Json, GivesEveryValueItsPlace) {
  const std::string text = "{\n  \"jobs\": [10, \"x\"]\n}";
  const Result<Node> node = read_json(text);
  ASSERT_TRUE(node);
  const Member* jobs = node->find_member("jobs");
  ASSERT_NE(jobs, nullptr);
  EXPECT_EQ(jobs->key.span(), (Span{4, 10, 2, 3}));
  EXPECT_EQ(jobs->value.span(), (Span{12, 21, 2, 11}));
  EXPECT_EQ(jobs->value.items()[1].span(), (Span{17, 20, 2, 16}));
  EXPECT_EQ(node->span().end, text.size());
}

TEST(Json, ValuesCanBeBuiltAndEdited) {
  Node node = *read_json(R"({"entrypoint":"python a.py","metadata":null,"drop":1})");
  node.find("metadata")->set("raykeep.io/user", Node::string("ann \"x\""));
  node.set("entrypoint", Node::string("b"));
  node.set("entrypoint_num_cpus", Node::integer(-2));
  node.set("list", Node::sequence()).append(Node::boolean(true));
  EXPECT_TRUE(node.erase("drop"));
  EXPECT_FALSE(node.erase("drop"));
  EXPECT_EQ(write_json(node), R"({"entrypoint":"b","metadata":{"raykeep.io/user":"ann \"x\""},)"
                              R"("entrypoint_num_cpus":-2,"list":[true]})");
}

TEST(Json, WritesWrongBytesAsReplacementCharacters) {
  EXPECT_EQ(write_json(Node::string("a\xff\xe2\x82z\u20ac")), "\"a\ufffd\ufffd\ufffdz\u20ac\"");
}

TEST(Json, PrintsForPeople) {
  EXPECT_EQ(write_json_pretty(*read_json(R"({"a":[1,{}],"b":"x"})")),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x\"\n}");
}

}  // namespace
}  // namespace raykeep::document
