// SPDX-License-Identifier: Apache-2.0
// YAML for people: block style, two spaces, lists without extra indentation, keys in their order.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "document/node.h"

namespace raykeep::document {

// A remark for the end of the line on which a value begins; empty for none.
using YamlRemark = std::function<std::string(const Node& value)>;

// One document, ending in a line end. What would not read back as the same value is quoted.
std::string write_yaml(const Node& value, const YamlRemark& remark = {});

// A comment line, "# text", ending in a line end. Whatever is in the text, it stays one line: names that others chose come here, and a
// line break in one would let the rest of it be read as YAML.
std::string yaml_comment(std::string_view text);

// A scalar as it may stand in a block: plain where that is safe, else in double quotes.
std::string yaml_scalar(const Node& value);

}  // namespace raykeep::document
