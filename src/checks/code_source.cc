// SPDX-License-Identifier: Apache-2.0
#include "checks/code_source.h"

#include <algorithm>
#include <array>

#include "checks/image_name.h"
#include "document/yaml.h"

namespace raykeep::checks {
namespace {

using document::Node;

// Fields of a runtime environment, whatever they hold: texts, lists, mappings with lists.
constexpr std::array<std::string_view, 8> kCode{"working_dir", "py_modules", "java_jars", "pip", "uv", "conda", "py_executable", "worker_process_setup_hook"};

bool leads_upwards(std::string_view source) {
  std::string lower(source);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("/..") != std::string::npos || lower.find("%2e%2e") != std::string::npos;
}

class Collector {
 public:
  explicit Collector(const Settings& settings) : settings_(settings) {}

  // Looks for runtime environments everywhere: a job's text is one, and Serve's configuration holds several.
  void look(const Node& at) {
    for (const Node& item : at.items()) look(item);
    for (const document::Member& member : at.members()) {
      if (std::find(kCode.begin(), kCode.end(), member.name()) != kCode.end()) add_code(member.value);
      else if (member.name() == "image_uri") add_image(member.value.text());
      else if (member.name() == "container" && member.value.find("image") != nullptr) add_image(member.value.find("image")->text());
      else look(member.value);
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  void add_code(const Node& value) {
    for (const Node& item : value.items()) add_code(item);
    for (const document::Member& member : value.members()) add_code(member.value);
    // "pkg @ git+https://...", "--extra-index-url https://...": the addresses among the words.
    std::string_view text = value.text();
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(" \t\n=,"), text.size());
      add_address(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void add_address(std::string_view word) {
    if (settings_.code_sources.empty() || word.find("://") == std::string_view::npos) return;
    if (leads_upwards(word) || !is_below(settings_.code_sources, word)) found_.emplace_back(word.substr(0, word.find('?')));
  }

  void add_image(std::string_view text) {
    const ImageName name = read_image(text);
    if (!settings_.registries.empty() && !is_below(settings_.registries, name.registry + "/" + name.repository)) found_.emplace_back(text);
  }

  const Settings& settings_;
  std::vector<std::string> found_;
};

}  // namespace

bool is_below(const std::vector<std::string>& prefixes, std::string_view text) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
    return text == prefix || (text.starts_with(prefix) && (prefix.ends_with('/') || text[prefix.size()] == '/'));
  });
}

std::vector<std::string> unlisted_sources(const Settings& settings, std::string_view yaml) {
  if (settings.code_sources.empty() && settings.registries.empty()) return {};
  const auto env = document::read_yaml_document(yaml, {.duplicates = document::DuplicateKeys::kLastCounts});
  if (!env) return {};
  Collector collector(settings);
  collector.look(*env);
  return collector.take();
}

}  // namespace raykeep::checks
