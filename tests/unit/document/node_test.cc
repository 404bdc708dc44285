// SPDX-License-Identifier: Apache-2.0
#include "document/node.h"

#include <gtest/gtest.h>

#include "document/json.h"
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

TEST(Node, ComparesValuesWithoutRegardToOrderOfKeys) {
  EXPECT_TRUE(same_value(*read_json(R"({"a":1,"b":[2]})"), *read_json(R"({"b":[2],"a":1})")));
  EXPECT_FALSE(same_value(*read_json("[1,2]"), *read_json("[2,1]")));
  EXPECT_FALSE(same_value(*read_json("1"), *read_json("\"1\"")));
  EXPECT_FALSE(same_value(*read_json("{\"a\":1}"), *read_json("{\"a\":1,\"b\":1}")));
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
}

}  // namespace
}  // namespace raykeep::document
