// SPDX-License-Identifier: Apache-2.0
#include "document/schema.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "document/json.h"
#include "document/yaml.h"

namespace raykeep::document {
namespace {

using T = ValueType;

constexpr auto kKeys = std::to_array<Key>({
    {"name", T::kString, "", "A name.", {}, true},
    {"password", T::kString, "", "A secret.", {}, false, true},
    {"level", T::kChoice, "1.2", "A level.", "1.2|high"},
    {"count", T::kInteger, "3", "A count.", "1..10"},
    {"wait", T::kDuration, "5s", "A wait.", "1s..1h", false, false, Reload::kRestart},
    {"size", T::kSize, "1MiB", "A size.", "1KiB..1GiB"},
    {"on", T::kBoolean, "false", "A switch."},
    {"from", T::kList, "", "Networks."},
    {"from[]", T::kNetwork, "", "A network."},
    {"doors", T::kList, "", "Doors."},
    {"doors[]", T::kObject, "", "A door."},
    {"doors[].key", T::kString, "", "Its key.", {}, true},
    {"doors[].walls", T::kSame, "", "Its walls.", "walls"},
    {"groups", T::kMap, "", "Groups."},
    {"groups.*", T::kList, "", "A group."},
    {"groups.*[]", T::kString, "", "A member."},
    {"walls", T::kObject, "", "Walls."},
    {"walls.colour", T::kChoice, "red", "Their colour.", "red|blue"},
});

std::string problems(const std::string& yaml) {
  const auto node = read_yaml_document(yaml, {}, "f");
  if (!node) return node.error().text();
  std::string out;
  for (const Error& error : validate(*node, kKeys, "f")) out += error.text() + "\n";
  return out;
}

TEST(Schema, AcceptsEveryKindOfValue) {
  EXPECT_EQ(problems("name: x\nlevel: 1.2\ncount: 10\nwait: 1h\nsize: 1024\n'on': yes\nfrom: [10.0.0.0/8, '::1']\n"
                     "doors: [{key: k, walls: {colour: blue}}]\ngroups: {a: [b], c: []}\nwalls: {}\n"),
            "");
  EXPECT_EQ(problems("{name: x, level: high, count: 1, wait: 1s, size: 1GiB}"), "");
}

TEST(Schema, NamesUnknownKeysTheirPlaceAndWhatWasMeant) {
  EXPECT_EQ(problems("name: x\ncuont: 3\n"), "f:2:1: unknown key \"cuont\"; did you mean \"count\"? [config-unknown-key]\n");
  EXPECT_EQ(problems("name: x\ndoors:\n  - key: k\n    kye: l\n"),
            "f:4:5: unknown key \"kye\" in \"doors[]\"; did you mean \"key\"? [config-unknown-key]\n");
  EXPECT_EQ(problems("name: x\nwalls: {zzzzzz: 1}\n"), "f:2:9: unknown key \"zzzzzz\" in \"walls\"; known are colour [config-unknown-key]\n");
}

TEST(Schema, FollowsKeysThatAreTheSameAsOthers) {
  EXPECT_EQ(problems("name: x\ndoors: [{key: k, walls: {colour: green}}]\n"),
            "f:2:34: \"doors[].walls.colour\" must be one of red, blue [config-value]\n");
}

TEST(Schema, ReportsMissingKeysAtTheObjectThatLacksThem) {
  EXPECT_EQ(problems("doors:\n  - {}\n"),
            "f:2:5: \"key\" is missing in \"doors[]\": Its key. [config-missing-key]\n"
            "f:1:1: \"name\" is missing: A name. [config-missing-key]\n");
}

TEST(Schema, ReportsEveryProblemAtOnce) {
  const std::string all = problems("nmae: x\ncount: 11\nwait: soon\nfrom: [10.0.0.1/8, x]\ngroups: {a: b}\n");
  for (const char* part : {"f:1:1: unknown key \"nmae\"", "f:2:8: \"count\"", "f:3:7: \"wait\"", "f:4:8: \"from[]\"", "f:4:20: \"from[]\"",
                           "f:5:13: \"groups.a\" must be a list", "\"name\" is missing"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " in\n" << all;
  }
}

struct Wrong {
  const char* yaml;
  const char* expected;
};

TEST(Schema, BoundsNumbersDurationsAndSizes) {
  for (const Wrong& wrong : {Wrong{"count: 0", "a whole number from 1 to 10"}, Wrong{"count: 11", "a whole number from 1 to 10"},
                             Wrong{"wait: 999ms", "from 1s to 1h"}, Wrong{"wait: 61m", "from 1s to 1h"}, Wrong{"wait: 5", "a duration"},
                             Wrong{"count: -1", "a whole number from 1 to 10"}, Wrong{"count: '3'", "a whole number"},
                             Wrong{"size: 1023", "from 1KiB to 1GiB"}, Wrong{"size: 2GiB", "from 1KiB to 1GiB"}, Wrong{"size: 1KB", "a size"},
                             Wrong{"size: -1", "a size"}, Wrong{"size: yes", "a size"}}) {
    EXPECT_NE(problems(std::string("name: x\n") + wrong.yaml).find(wrong.expected), std::string::npos) << wrong.yaml;
  }
}

TEST(Schema, TakesNoNumberOrBooleanForAText) {
  for (const char* yaml : {"name: 010", "name: yes", "name: 1.50"}) {
    EXPECT_NE(problems(yaml).find("put it in quotes"), std::string::npos) << yaml;
  }
  EXPECT_NE(problems("name: [x]").find("must be a text ["), std::string::npos);
  EXPECT_NE(problems("name:").find("must be a text ["), std::string::npos);
}

TEST(Schema, TakesOnlyAMappingForADocument) {
  for (const char* yaml : {"", "[name]", "name"}) EXPECT_EQ(problems(yaml), "f:1:1: a configuration is a mapping of keys to values [config-value]\n");
}

TEST(Schema, PrintsJsonSchema) {
  const auto schema = read_json(json_schema(kKeys, "Title"));
  ASSERT_TRUE(schema) << schema.error().text();
  EXPECT_EQ(schema->find("$schema")->text(), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(write_json(*schema->find("additionalProperties")), "false");
  EXPECT_EQ(write_json(*schema->find("required")), R"(["name"])");
  const Node& keys = *schema->find("properties");
  EXPECT_EQ(write_json(*keys.find("count")), R"({"description":"A count.","default":3,"type":"integer","minimum":1,"maximum":10})");
  EXPECT_EQ(write_json(*keys.find("level")->find("enum")), R"(["1.2",1.2,"high"])");
  EXPECT_EQ(write_json(*keys.find("password")->find("writeOnly")), "true");
  EXPECT_EQ(write_json(*keys.find_path({"on", "default"})), "false");
  EXPECT_EQ(keys.find_path({"groups", "additionalProperties", "items", "type"})->text(), "string");
  const Node& door = *keys.find_path({"doors", "items", "properties"});
  EXPECT_TRUE(same_value(*door.find("walls"), *keys.find("walls")));
}

TEST(Schema, PrintsATable) {
  const std::string table = markdown_table(kKeys);
  EXPECT_NE(table.find("| `wait` | 1s to 1h | `5s` | A wait. Takes a restart. |"), std::string::npos) << table;
  EXPECT_NE(table.find("| `doors[].walls` | as `walls` |  | Its walls. |"), std::string::npos) << table;
  EXPECT_NE(table.find("| `password` | a text |  | A secret. Secret. |"), std::string::npos) << table;
}

TEST(Size, ReadsBytesAndBinaryUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("8GiB"), 8ULL << 30);
  for (const char* text : {"", "KiB", "1kb", "1 KiB", "1.5MiB", "-1", "99999999999999999999", "9999999999GiB"}) EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace raykeep::document
