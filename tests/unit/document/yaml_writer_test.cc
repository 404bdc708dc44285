// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_writer.h"

#include <gtest/gtest.h>

#include "document/json.h"
#include "document/yaml.h"

namespace raykeep::document {
namespace {

TEST(YamlWriter, WritesWhatReadsBackAsTheSame) {
  for (const char* text : {"", "plain", "two words", "yes", "on", "~", "null", "0777", "1_000", "1.5", "1:20", "-", "- a", "a: b", "a:", "x #y", "# x", "*a", "&a", "!t",
                           "|", ">", "%x", "@x", "`x", "'", "\"", "{a}", "[b", "a,b", " lead", "trail ", "---", "...", "---x", "=", "<<", "two\nlines", "two\nlines\n",
                           "\nfirst", "  indented\nmore", "ends \nin blank", "a\n\n", "a\n\n\nb\n", "\ttab", "tab\there", "a\n\tb", "it's", "caf\xc3\xa9", "nel\xc2\x85x",
                           "sep\xe2\x80\xa8x", "mark\xef\xbb\xbfx", "del\x7f", "\x01", "a\r\nb", "{{ x }}", "\n", "x\n"}) {
    Node inner = Node::mapping();
    inner.set("key", Node::string(text));
    inner.set(*text == 0 ? "empty" : text, Node::sequence({Node::string(text), Node::sequence({Node::string(text)}), Node()}));
    Node root = Node::mapping();
    root.set("list", Node::sequence({inner, Node::mapping(), Node::sequence(), Node::boolean(true), Node::integer(-3)}));
    root.set("text", Node::string(text));
    const std::string yaml = write_yaml(root);
    const auto read = read_yaml_document(yaml);
    EXPECT_TRUE(read && same_value(*read, root)) << yaml << (read ? write_json(*read) : read.error().text());
  }
}

TEST(YamlWriter, WritesForPeople) {
  EXPECT_EQ(write_yaml(*read_yaml_document("{a: {b: [x, {c: 1, d: 'yes'}]}, e: \"one\\ntwo\\n\", f: {}}")),
            "a:\n  b:\n  - x\n  - c: 1\n    d: \"yes\"\ne: |\n  one\n  two\nf: {}\n");
}

TEST(YamlWriter, PutsRemarksAtTheEndOfLines) {
  EXPECT_EQ(write_yaml(*read_yaml_document("{a: 1, b: [x]}"), [](const Node& node) { return std::string(kind_name(node.kind())); }),
            "a: 1  # an integer\nb:  # a list\n- x  # a string\n");
}

TEST(YamlComment, IsOneLineWhateverIsInIt) {
  EXPECT_EQ(yaml_comment("RayCluster demo"), "# RayCluster demo\n");
  EXPECT_EQ(yaml_comment("a\n---\nkind: Secret\r"), "# a --- kind: Secret \n");
  // YAML 1.1 ends a line at these too.
  EXPECT_EQ(yaml_comment("a\xc2\x85" "b\xe2\x80\xa8" "c\xe2\x80\xa9" "d"), "# a b c d\n");
}

}  // namespace
}  // namespace raykeep::document
