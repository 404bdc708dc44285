// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "document/yaml.h"
#include "ray/go_text.h"

namespace raykeep::ray {
namespace {

// What `go run` printed for strconv.FormatFloat as encoding/json uses it.
TEST(GoNumber, HasAnExponentWhereGoWritesOne) {
  const std::pair<double, const char*> cases[] = {{0, "0"}, {1.5, "1.5"}, {100, "100"}, {1e16, "10000000000000000"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"}, {0.00001, "0.00001"}, {1e-6, "0.000001"}, {1e-7, "1e-7"}, {1.25e-12, "1.25e-12"}, {-2, "-2"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(go_number(value), text);
}

TEST(GoJson, SortsAndEscapesAsMarshalDoes) {
  const auto value = document::read_yaml_document("pip: [\"a>=1\", \"b<2\"]\nenv: {URL: 'x?a=1&b=2'}\nlimit: 1.50\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(go_json(*value), R"({"env":{"URL":"x?a=1\u0026b=2"},"limit":1.5,"pip":["a\u003e=1","b\u003c2"]})");
}

TEST(GoQuote, EscapesWhatIsNotPrintable) {
  EXPECT_EQ(go_quote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(go_quote("a\n\t\x7f\x01"), R"("a\n\t\x7f\x01")");
  EXPECT_EQ(go_quote("gr\u00fc\u00df 中文"), "\"gr\u00fc\u00df 中文\"");
  EXPECT_EQ(go_quote("a\u00a0b\u200bc"), "\"a\\u00a0b\\u200bc\"");
}

}  // namespace
}  // namespace raykeep::ray
