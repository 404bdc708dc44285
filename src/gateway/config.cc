// SPDX-License-Identifier: Apache-2.0
#include "gateway/config.h"

#include "core/file.h"
#include "document/yaml.h"

namespace raykeep::gateway {
namespace {

constexpr std::size_t kLargestConfig = 4U << 20;

}  // namespace

ConfigText read_config(const std::string& path) {
  const auto text = read_file(path, kLargestConfig);
  if (text) return read_config_text(*text, path);
  ConfigText out;
  out.errors.push_back(text.error());
  return out;
}

ConfigText read_config_text(std::string_view text, const std::string& file) {
  ConfigText out;
  auto root = document::read_yaml_document(text, {.bytes = kLargestConfig, .aliases = document::YamlAliases::kRefuse}, file);
  if (!root) {
    out.errors.push_back(root.error());
    return out;
  }
  out.root = std::move(*root);
  out.errors = document::validate(out.root, config_keys(), file);
  return out;
}

std::string config_schema_json() { return document::json_schema(config_keys(), "Raykeep gateway"); }

std::string config_markdown() {
  return "# Configuration of the gateway\n\n"
         "One YAML file, given to `raykeep gateway --config`. `--check-config` says everything that is wrong with it, at its line; unknown\n"
         "keys are errors. Relative paths are relative to the file. A change of this file or of a file it names is taken over within a\n"
         "second; what fails to load changes nothing. This page is made from the program's own list of keys\n"
         "(`raykeep gateway --print-schema` prints the same as a JSON Schema).\n\n"
         "`[]` stands for each item of a list, `*` for any name.\n\n" +
         document::markdown_table(config_keys());
}

}  // namespace raykeep::gateway
