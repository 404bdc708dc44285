// SPDX-License-Identifier: Apache-2.0
// Source lines for reports. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "document/text.h"
#include "report/formats.h"

namespace raykeep::report {

// The lines of the files that findings speak of, found once.
class Sources {
 public:
  explicit Sources(const Report& report) : report_(report) {}
  // Nothing for a file that is not at hand.
  std::optional<std::string_view> line(const std::string& file, std::size_t number) {
    auto known = files_.find(file);
    if (known == files_.end()) {
      const auto text = report_.source ? report_.source(file) : std::nullopt;
      if (!text) return std::nullopt;
      known = files_.emplace(file, Source{*text, document::LineIndex(*text)}).first;
    }
    const Source& source = known->second;
    if (number == 0 || number > source.lines.lines()) return std::nullopt;
    const std::string_view rest = source.text.substr(source.lines.start_of(number));
    return rest.substr(0, rest.find_first_of("\r\n"));
  }

 private:
  struct Source {
    std::string_view text;
    document::LineIndex lines;
  };
  const Report& report_;
  std::map<std::string, Source, std::less<>> files_;
};

// A finding about a credential must not print the line that holds it.
inline bool hides_source(const Rule& rule) { return rule.id.starts_with("credential-") || rule.id.starts_with("redis-password") || rule.id.starts_with("secret-"); }

}  // namespace raykeep::report
