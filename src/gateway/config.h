// SPDX-License-Identifier: Apache-2.0
// The gateway's configuration file: its keys, and reading it. The keys are declared once, in config_keys.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"
#include "document/schema.h"

namespace raykeep::gateway {

std::span<const document::Key> config_keys();

struct ConfigText {
  document::Node root;          // valid when there are no errors
  std::vector<Error> errors;
};
// Reads and validates one YAML (or JSON) file. Aliases are refused: what a key means shall stand beside it.
ConfigText read_config(const std::string& path);
// The same for a text; `file` names it in errors.
ConfigText read_config_text(std::string_view text, const std::string& file);

std::string config_schema_json();
// docs/config.md
std::string config_markdown();

}  // namespace raykeep::gateway
