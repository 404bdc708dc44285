// SPDX-License-Identifier: Apache-2.0
#include "document/node.h"

#include <gtest/gtest.h>

#include "core/parallel.h"
#include "document/json.h"
#include "document/place.h"
#include "document/text.h"

namespace raykeep::document {
namespace {

TEST(Node, GivesValuesOnlyOfTheirKind) {
  const Node node = *read_json(R"({"i":42,"big":9223372036854775808,"f":1.5,"s":"7","b":true,"n":null})");
  EXPECT_EQ(node.find("i")->as_integer(), 42);
  EXPECT_EQ(node.find("i")->as_double(), 42.0);
  EXPECT_EQ(node.find("big")->as_integer(), std::nullopt);
  EXPECT_EQ(node.find("f")->as_integer(), std::nullopt);
  EXPECT_EQ(node.find("f")->as_double(), 1.5);
  EXPECT_EQ(node.find("s")->as_integer(), std::nullopt);
  EXPECT_EQ(node.find("s")->as_string(), "7");
  EXPECT_EQ(node.find("b")->as_boolean(), true);
  EXPECT_TRUE(node.find("n")->is_null());
  EXPECT_EQ(node.find("missing"), nullptr);
  EXPECT_EQ(node.find("i")->find("x"), nullptr);
}

TEST(Node, FindsAlongAPath) {
  const Node node = *read_json(R"({"a":{"b":{"c":1}}})");
  EXPECT_EQ(node.find_path({"a", "b", "c"})->as_integer(), 1);
  EXPECT_EQ(node.find_path({"a", "x", "c"}), nullptr);
}

TEST(Node, FindsKeysHoweverTheyCameThere) {
  Node node = Node::mapping({{Node::string("first"), Node::integer(1)}});
  node.set("second", Node::integer(2));
  EXPECT_EQ(node.find("third"), nullptr);
  const Node copy = node;
  node.members().front().key = Node::string("third");
  node.members().push_back({Node::string("fourth"), Node::integer(4)});
  node.set("fifth", Node::integer(5));
  for (const char* key : {"second", "third", "fourth", "fifth"}) EXPECT_NE(node.find(key), nullptr) << key;
  EXPECT_EQ(node.find("first"), nullptr);
  EXPECT_NE(copy.find("first"), nullptr);
  EXPECT_TRUE(node.erase("third"));
  EXPECT_EQ(node.find("third"), nullptr);
  EXPECT_EQ(Node::mapping().find(""), nullptr);
  EXPECT_NE(Node::mapping({{Node::string(""), Node()}}).find(""), nullptr);
}

TEST(Node, ComparesValuesWithoutRegardToOrderOfKeys) {
  EXPECT_TRUE(same_value(*read_json(R"({"a":1,"b":[2]})"), *read_json(R"({"b":[2],"a":1})")));
  EXPECT_FALSE(same_value(*read_json("[1,2]"), *read_json("[2,1]")));
  EXPECT_FALSE(same_value(*read_json("1"), *read_json("\"1\"")));
  EXPECT_FALSE(same_value(*read_json("{\"a\":1}"), *read_json("{\"a\":1,\"b\":1}")));
}

// A tree with everything that copies share: a list, a mapping and a text that does not fit in a node.
Node sample() { return *read_json(R"({"list":[{"name":"a"},{"name":"b"}],"text":"longer than sixteen bytes"})"); }

TEST(Node, CopiesAreIndependent) {
  const Node original = sample();
  Node changed = original;
  changed.find("list")->items().front().set("name", Node::string("changed"));
  changed.find("list")->append(Node::integer(3));
  changed.set("text", Node::boolean(true));
  changed.erase("list");
  EXPECT_TRUE(same_value(original, sample()));
  Node other = original;
  Node& inner = other.find("list")->items()[1];
  inner.set("name", Node::string("changed"));
  EXPECT_TRUE(same_value(original, sample()));
  EXPECT_EQ(other.find("list")->items()[1].find("name")->text(), "changed");
}

TEST(Node, OutlivesWhatItWasCopiedFrom) {
  Node copy;
  {
    Node original = sample();
    copy = *original.find("list");
    original.find("list")->items().clear();
  }
  EXPECT_TRUE(same_value(copy, *sample().find("list")));
  copy = copy.items().front();  // a part of itself
  EXPECT_EQ(copy.find("name")->text(), "a");
}

TEST(Node, IsCopiedByManyThreads) {
  const Node original = sample();
  std::vector<Node> copies(64);
  parallel_for(copies.size(), [&](std::size_t i) {
    for (int round = 0; round < 200; ++round) {
      copies[i] = original;
      copies[i].find("list")->items()[0].set("name", Node::integer(static_cast<std::int64_t>(i)));
    }
  });
  EXPECT_TRUE(same_value(original, sample()));
  for (std::size_t i = 0; i < copies.size(); ++i) EXPECT_EQ(copies[i].find("list")->items()[0].find("name")->as_integer(), static_cast<std::int64_t>(i));
}

TEST(Text, FindsTheFirstWrongByte) {
  EXPECT_EQ(first_wrong_byte("plain text of some length, \u20ac"), 30U);
  EXPECT_EQ(first_wrong_byte("plain text of some length \xe2\x82"), 26U);
  EXPECT_EQ(first_wrong_byte("\x80"), 0U);
  EXPECT_EQ(first_wrong_byte(""), 0U);
}

TEST(Text, CountsLinesWhateverEndsThem) {
  const std::string_view text = "a\nbc\r\nd\re";
  const LineIndex index(text);
  EXPECT_EQ(index.lines(), 4U);
  for (std::size_t offset = 0; offset <= text.size(); ++offset) {
    EXPECT_EQ(index.at(offset).line, line_column(text, offset).line) << offset;
    EXPECT_EQ(index.at(offset).column, line_column(text, offset).column) << offset;
  }
  EXPECT_EQ(index.at(8).line, 4U);
  EXPECT_EQ(index.at(3).column, 2U);
  EXPECT_EQ(LineIndex("a\n\nb").lines(), 3U);
  EXPECT_EQ(LineIndex("a\n\n").lines(), 3U);
  EXPECT_EQ(LineIndex("").lines(), 1U);
}

TEST(Text, KnowsWhereEveryCharacterIsAByte) {
  EXPECT_TRUE(is_ascii("plain text of some length"));
  EXPECT_TRUE(is_ascii(""));
  EXPECT_FALSE(is_ascii("plain text of some l\u00e9ngth"));
}

TEST(Place, LeadsBackToThePart) {
  const Node root = *read_json(R"({"a":[{"x/y~z":1},{"b":[true,false]}]})");
  const Node& wanted = root.find("a")->items()[1].find("b")->items()[1];
  EXPECT_EQ(path_to(root, wanted), (std::vector<std::string>{"a", "1", "b", "1"}));
  EXPECT_EQ(json_pointer(path_to(root, *root.find("a")->items()[0].find("x/y~z"))), "/a/0/x~1y~0z");
  EXPECT_TRUE(path_to(root, root).empty());
  EXPECT_TRUE(path_to(root, Node::boolean(false)).empty());
}

}  // namespace
}  // namespace raykeep::document
